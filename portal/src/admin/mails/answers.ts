import type { Named } from '../answers.ts'

/** A mail without its content, which is opened one at a time. */
export type Mail = {
  id: string
  to: string
  person: Named | null
  kind: string
  subject: string
  language: string
  state: 'queued' | 'sent' | 'failed' | 'kept'
  error: string | null
  createdAt: string
  sentAt: string | null
}
export type Mails = { items: Mail[]; next: string | null; transport: 'smtp' | 'none' }
/** `text` is removed after some time. */
export type OpenedMail = Mail & { text: string | null }
