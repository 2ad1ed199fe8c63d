import type { Schema } from '../../api/types.ts'

type Role = Schema<'Me'>['role']
type State = Schema<'ConfirmationView'>['state']

/** The words of the chat's pages. */
export const texts = {
  title: 'Chat',
  fresh: 'New conversation',
  conversations: 'Conversations',
  noConversations: 'There is none yet.',
  allConversations: 'All conversations',
  older: (count: number) => `${count} older ones are not listed.`,
  busy: 'a reply is being made',
  deletes: 'Delete',
  deleteTitle: 'Delete this conversation?',
  deleteText: 'All that was said in it is gone. What it used still counts for its day.',
  deleted: 'The conversation was deleted.',
  keep: 'Keep it',
  // Not configured.
  off: 'The chat is not set up',
  toRequests: 'Ask for a film or a series without it',
  // Saying something.
  message: 'Message',
  placeholder: 'Ask AutoArr something',
  keys: 'Enter sends, Shift Enter begins a line.',
  send: 'Send',
  stop: 'Stop',
  stopping: 'Stopping',
  hello: 'What do you want to know?',
  helloTexts: {
    admin:
      'It can look up services, downloads, failures and findings, and prepare fixes, recoveries and requests. It writes nothing by itself: you confirm each write.',
    requester:
      'It can look up films and series, and prepare requests. It asks for nothing by itself: you confirm each request.',
  } satisfies Record<Role, string>,
  examples: {
    admin: ['Is everything all right?', 'Which downloads failed, and why?', 'Ask for season 2 of Severance'],
    requester: ['Is The Matrix in the library?', 'Ask for season 2 of Severance'],
  } satisfies Record<Role, readonly string[]>,
  // What is said.
  you: 'You',
  assistant: 'AutoArr',
  thinking: 'Thinking…',
  elsewhere: 'A reply is being made. It shows up here when it is over.',
  waits: (reason: string, seconds: number) => `${reason} Going on in ${Math.ceil(seconds)} s.`,
  failed: 'The reply could not be made',
  broken: 'The connection broke',
  brokenHint: 'The reply ended there; what was said until then is kept.',
  again: 'Try again',
  againLater: (seconds: number) => `The service asks to wait for ${Math.ceil(seconds)} s.`,
  // Tools.
  calling: 'under way',
  called: 'done',
  refused: 'it failed',
  given: 'Asked with',
  gave: 'Answered',
  // Writes.
  confirmations: 'Waiting for your word',
  confirmationsHint: 'A model or a program prepared these. Nothing is written before you confirm it.',
  origins: { chat: 'From a chat', mcp: 'From an MCP client' } satisfies Record<
    Schema<'ConfirmationView'>['origin'],
    string
  >,
  toConversation: 'See the conversation',
  confirm: 'Confirm',
  decline: 'Decline',
  states: {
    open: 'Waits for you',
    running: 'Being done',
    done: 'Done',
    failed: 'Failed',
    declined: 'Declined',
    expired: 'Expired',
  } satisfies Record<State, string>,
  // A list of what waits no longer has it.
  decided: (tool: string, state: string, error: string | null) =>
    error === null ? `${tool}: ${state.toLowerCase()}.` : `${tool}: ${state.toLowerCase()}. ${error}`,
  validFor: (time: string) => `It can be confirmed for ${time}.`,
  expired: 'Nobody confirmed it in time; nothing was written.',
  declined: 'Nothing was written.',
  failedWith: (error: string) => `Nothing more is done about it: ${error}`,
  running: 'It is being done; what became of it shows up here.',
  toRequest: 'See the request',
  tools: {
    status: 'Status',
    diagnose: 'Diagnosis',
    search_media: 'Search for films and series',
    get_item: 'Details',
    request_media: 'Request',
    list_queue: 'Queue',
    list_failures: 'Failures',
    recover: 'Recovery',
    run_audit: 'Audit',
    preview_fix: 'Preview of a fix',
    apply_fix: 'Fix',
  } as Readonly<Record<string, string>>,
  // What it uses.
  used: (what: string) => `Used: ${what}`,
  usedToday: (what: string) => `Used today: ${what}`,
  ofConversation: 'This conversation',
  today: 'Today, all conversations',
  tokens: (used: string, limit: string) => `${used} of ${limit} tokens`,
  dollars: (used: string, limit: string) => `${used} of ${limit}`,
  priceUnknown: 'price unknown',
} as const

/** What a tool is called by people; one that isn't known as models call it. */
export function nameTool(name: string): string {
  return texts.tools[name] ?? name.replaceAll('_', ' ')
}
