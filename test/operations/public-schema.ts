import { buildSchema, GraphQLSchema } from 'graphql'
import { boardTypeDefs } from '../../gateway/src/boards/schema.ts'
import { inboxTypeDefs } from '../../gateway/src/inbox/type-defs.ts'
import { observingTypeDefs } from '../../gateway/src/observing/schema.ts'
import { offerTypeDefs } from '../../gateway/src/publishing/offer.ts'
import { publishingTypeDefs } from '../../gateway/src/publishing/type-defs.ts'
import { qualityTypeDefs } from '../../gateway/src/quality/schema.ts'
import { catalogueTypeDefs } from '../../gateway/src/schema/catalogue/sdl.ts'
import { deferDirective } from '../../gateway/src/schema/defer.ts'
import { readDictionary } from '../../gateway/src/schema/dictionary.ts'
import { ownTypeDefs } from '../../gateway/src/schema/own-schema.ts'
import { wholeSdl } from '../../gateway/src/schema/sdl.ts'
import { driftTypeDefs } from '../../gateway/src/systems/drift/schema.ts'
import { widgetTypeDefs } from '../../gateway/src/widgets/schema.ts'

/** The gateway's public schema: the dictionary and what the gateway itself adds to it. */
export async function publicSchema(): Promise<GraphQLSchema> {
  const parts = [
    ownTypeDefs,
    inboxTypeDefs,
    boardTypeDefs,
    widgetTypeDefs,
    qualityTypeDefs,
    catalogueTypeDefs,
    publishingTypeDefs,
    offerTypeDefs,
    observingTypeDefs,
    driftTypeDefs,
  ]
  return withDefer(buildSchema([wholeSdl(await readDictionary()), 'type Subscription', ...parts].join('\n')))
}

/** A schema made of SDL, with the directive that the gateway adds to what it serves. */
export function withDefer(schema: GraphQLSchema): GraphQLSchema {
  return new GraphQLSchema({ ...schema.toConfig(), directives: [...schema.getDirectives(), deferDirective] })
}
