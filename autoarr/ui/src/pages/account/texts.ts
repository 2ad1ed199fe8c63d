export const ACCOUNT = {
  title: 'Account',
  who: 'Who you are',
  facts: { name: 'Name', role: 'Role', login: 'Logged in by' },
  via: { session: 'Name and password', token: 'An API token' },
  password: {
    title: 'Change the password',
    old: 'Present password',
    new: 'New password',
    repeat: 'New password once more',
    submit: 'Change the password',
    ends: 'Your logins elsewhere end with it.',
    wrong: 'It is not your present password.',
    done: (sessions: number) =>
      sessions === 0
        ? 'The password is changed.'
        : `The password is changed; ${sessions} other ${sessions === 1 ? 'login has' : 'logins have'} ended.`,
  },
  sessions: {
    title: 'Logins',
    explain: 'Where you are logged in now. End what you don’t know, and change your password then.',
    list: 'Your logins',
    columns: { client: 'Where', address: 'Address', since: 'Since', used: 'Last used', expires: 'Ends' },
    current: 'this one',
    end: 'End',
    endOf: (client: string, address: string) => `End the login of ${client} at ${address}`,
    logOut: 'Log out',
    ended: 'The login has ended.',
    unknownClient: 'An unknown program',
    clientOn: (program: string, system: string) => `${program} on ${system}`,
  },
} as const
