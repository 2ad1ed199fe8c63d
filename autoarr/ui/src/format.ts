const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Seconds in the two largest units that fit, as in "3 h 5 min". */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  if (whole < MINUTE) {
    return `${whole} s`
  }
  if (whole < HOUR) {
    return `${Math.floor(whole / MINUTE)} min ${whole % MINUTE} s`
  }
  if (whole < DAY) {
    return `${Math.floor(whole / HOUR)} h ${Math.floor((whole % HOUR) / MINUTE)} min`
  }
  return `${Math.floor(whole / DAY)} d ${Math.floor((whole % DAY) / HOUR)} h`
}

/** The time between two instants in milliseconds; zero where the clock was set back. */
export function formatAge(at: number, now: number): string {
  return formatDuration((now - at) / 1000)
}

/** Milliseconds by which the present may lag behind what the server just said: it is renewed every second. */
const LAG_MS = 1000

/** How long ago, or in how long, an instant is, both in milliseconds; what just happened is no thing to come. */
export function formatAgo(at: number, now: number): string {
  return at - now >= LAG_MS ? `in ${formatAge(now, at)}` : `${formatAge(at, now)} ago`
}

const TIME = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' })
const DATE_TIME = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' })

/** The time of day at an instant in milliseconds, as in "14:03:20". */
export function formatTime(at: number): string {
  return TIME.format(at)
}

/** An RFC 3339 date and time in the reader's time zone, as in "23 Nov 2026, 14:03". */
export function formatDateTime(timestamp: string): string {
  return DATE_TIME.format(new Date(timestamp))
}

const MILLISECONDS = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 1 })

export function formatLatency(milliseconds: number): string {
  return `${MILLISECONDS.format(milliseconds)} ms`
}
