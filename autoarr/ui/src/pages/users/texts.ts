import type { Schema } from '../../api/types.ts'

export type Role = Schema<'UserView'>['role']

export const ROLES: Readonly<Record<Role, string>> = {
  admin: 'Administrator',
  requester: 'Requester',
}

export const ROLE_OPTIONS = [
  ['requester', 'Requester: asks for films and series, and sees their own'],
  ['admin', 'Administrator: may see and do everything'],
] as const satisfies ReadonlyArray<readonly [Role, string]>

export const USERS = {
  title: 'Users',
  add: 'Add a user',
  list: 'Users',
  columns: { name: 'Name', role: 'Role', state: 'State', since: 'Since', password: 'Password set' },
  you: 'you',
  active: 'Active',
  disabled: 'Disabled',
  edit: 'Edit',
  editOf: (name: string) => `Edit ${name}`,
  password: 'New password',
  passwordOf: (name: string) => `New password for ${name}`,
  remove: 'Delete',
  removeOf: (name: string) => `Delete ${name}`,
  removeTitle: (name: string) => `Delete ${name}?`,
  removeLoses:
    'Their logins end at once, and their API tokens are deleted. Their requests go on, and what they did stays in the activity. To keep them out for a while only, disable them instead.',
  removed: (name: string) => `${name} is deleted.`,
  saved: (name: string) => `${name} is saved.`,
  added: (name: string) => `${name} can log in now.`,
  passwordSet: (name: string) => `${name} has a new password, and every login of theirs has ended.`,
  form: {
    name: 'Name',
    role: 'Role',
    password: 'First password',
    newPassword: 'New password',
    enabled: 'May log in',
    enabledHint:
      'Without it, their logins end at once and their API tokens stop working; nothing is deleted.',
    endsLogins: 'Every login of theirs ends with it. Tell them the new one yourself.',
    save: 'Save',
    add: 'Add',
    set: 'Set the password',
    cancel: 'Cancel',
  },
} as const

export const TOKENS = {
  title: 'API tokens',
  explain:
    'For programs and MCP clients. A token may do no more than its user, and less where its role says so.',
  list: 'API tokens',
  add: 'Make a token',
  none: 'There are no API tokens.',
  columns: {
    name: 'Name',
    user: 'User',
    role: 'Role',
    hint: 'Begins with',
    used: 'Last used',
    expires: 'Expires',
  },
  unknownUser: 'A deleted user',
  never: 'Never',
  revoke: 'Revoke',
  revokeOf: (name: string) => `Revoke ${name}`,
  revokeTitle: (name: string) => `Revoke ${name}?`,
  revokeLoses:
    'Whatever uses this token is refused from now on. A token can’t be brought back; make a new one instead.',
  revoked: (name: string) => `The token ${name} is revoked.`,
  form: {
    title: 'Make an API token',
    name: 'Name',
    nameHint: 'What will use it, such as phone or Claude.',
    role: 'What it may do',
    expires: 'Good for',
    make: 'Make the token',
    cancel: 'Cancel',
  },
  lifetimes: [
    ['30', '30 days'],
    ['90', '90 days'],
    ['365', 'A year'],
    ['', 'As long as it isn’t revoked'],
  ],
  made: {
    title: 'The new token',
    once: 'Copy it now: it is shown this once, and can’t be looked up later.',
    label: 'the token',
    done: 'Done',
  },
} as const
