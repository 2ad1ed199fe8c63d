/** From the worst. */
export const SEVERITIES = ['error', 'warning', 'notice'] as const
