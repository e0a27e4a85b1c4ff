import type { DatabaseSync } from 'node:sqlite'
import { within } from './access/scope.ts'
import { listRows, type Row, type Window } from './list.ts'

export type Announcement = {
  announcementId: string
  title: string
  body: string
  department: string
  publishedAt: string
  mustRead: boolean
}

/** Announcements concern everybody with an account. */
export function listAnnouncements(
  db: DatabaseSync,
  filter: { since?: string | undefined } & Window,
): { total: number; announcements: Announcement[] } {
  const { total, rows } = listRows(
    db,
    'announcement',
    within('published_at', filter.since, undefined),
    'published_at DESC, announcement_id DESC',
    filter,
  )
  return { total, announcements: rows.map(toAnnouncement) }
}

export function readAnnouncement(db: DatabaseSync, id: string): Announcement | undefined {
  const row = db.prepare('SELECT * FROM announcement WHERE announcement_id = ?').get(id)
  return row && toAnnouncement(row)
}

const toAnnouncement = (row: Row): Announcement => ({
  announcementId: String(row.announcement_id),
  title: String(row.title),
  body: String(row.body),
  department: String(row.department),
  publishedAt: String(row.published_at),
  mustRead: row.must_read === 1,
})
