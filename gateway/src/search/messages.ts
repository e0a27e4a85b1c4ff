import type { RequestContext } from '../schema/context.ts'

interface MessageRow {
  id: string
  title: { zh: string; en: string }
  summary: { zh: string; en: string } | null
}

/** The part of the inbox's resolvers that lists the viewer's messages. */
interface InboxList {
  Query: {
    inbox(
      root: unknown,
      args: { filter: { text: string }; first: number },
      context: RequestContext,
    ): Promise<{ nodes: readonly MessageRow[] }>
  }
}

export interface FoundMessage {
  id: string
  title: string
  summary: string | null
  row: object
}

/** Finds open messages of the viewer that hold a text. */
export function messageFinder(
  inbox: InboxList,
): (text: string, first: number, context: RequestContext) => Promise<FoundMessage[]> {
  return async (text, first, context) => {
    // What the query asks of a message is no more than its id; the title is what a hit is shown by.
    const { asked: _, ...whole } = context
    const { nodes } = await inbox.Query.inbox(undefined, { filter: { text }, first }, whole)
    const language = context.locale === 'en' ? 'en' : 'zh'
    return nodes.map(row => ({ id: row.id, title: row.title[language], summary: row.summary?.[language] ?? null, row }))
  }
}
