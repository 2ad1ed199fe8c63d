import type { Schema } from '../../api/types.ts'

/** Of each kind of failure: what it is, and what to do about it. */
export const CAUSES: Readonly<Record<Schema<'Cause'>, { words: string; advice: string }>> = {
  authentication: {
    words: 'It refuses AutoArr’s key',
    advice: 'Check its API key, and whether something in between asks for a login.',
  },
  wrong_url_base: {
    words: 'Something else answers at its address',
    advice: 'Check the address: its port, and the URL base that the service is set to.',
  },
  unexpected_application: {
    words: 'Another application answers at its address',
    advice: 'Check the address, or choose the kind of service that is there.',
  },
  tls: {
    words: 'Its certificate isn’t trusted',
    advice: 'Check the certificate, add its authority’s, or see whether http:// is meant.',
  },
  dns: {
    words: 'Its host’s name isn’t known',
    advice: 'Check the host’s name, and that AutoArr’s network can resolve it.',
  },
  connect: {
    words: 'Nothing answers at its address',
    advice: 'Check that it runs, its port, and any firewall between.',
  },
  timeout: {
    words: 'It doesn’t answer in time',
    advice: 'See whether it is overloaded, starting, or behind a firewall.',
  },
  rate_limited: { words: 'It refuses more requests', advice: 'Wait; it is asked again by itself.' },
  server_error: { words: 'It failed itself', advice: 'See its own log.' },
  rejected: { words: 'It refused the request', advice: 'Change what its message names.' },
  not_found: {
    words: 'It doesn’t have what was asked for',
    advice: 'It may have been removed, or this version doesn’t have it.',
  },
  invalid_answer: {
    words: 'Its answer can’t be understood',
    advice: 'Check that its version is supported, and what lies between.',
  },
  circuit_open: {
    words: 'It failed too often just now',
    advice: 'Solve what made it fail; it is tried again by itself.',
  },
  unreadable_key: {
    words: 'Its stored key can’t be read',
    advice: 'Enter its API key again, or give AutoArr the secret key it was encrypted with.',
  },
}
