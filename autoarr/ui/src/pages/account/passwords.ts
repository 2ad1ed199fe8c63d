import { Problem } from '../../api/problem.ts'

/** Characters that the server wants of a password at least. */
const SHORTEST = 8

const SAY = {
  hint: `${SHORTEST} characters or more.`,
  short: `It needs ${SHORTEST} characters or more.`,
  name: 'It may not be the name.',
  differs: 'It is not the same as above.',
} as const

export const PASSWORD_HINT: string = SAY.hint

interface Entered {
  /** Whose it will be. */
  name: string
  password: string
  /** The same again, where that is asked for. */
  repeat?: string
  /** What the field of the password is called. */
  field?: string
}

/** What is wrong with a new password, as the server would say it; null where nothing is. */
export function refusePassword({ name, password, repeat, field = 'password' }: Entered): Problem | null {
  const fields = new Map<string, string>()
  if ([...password].length < SHORTEST) {
    fields.set(field, SAY.short)
  } else if (password.trim().toLowerCase() === name.trim().toLowerCase()) {
    fields.set(field, SAY.name)
  } else if (repeat !== undefined && repeat !== password) {
    fields.set('repeat', SAY.differs)
  }
  const [message] = fields.values()
  return message === undefined ? null : new Problem(422, message, message, { fields })
}
