import { resolve } from 'node:path'
import { sha256 } from '@atrium/platform/secrets'
import { connectorDictionaries } from '../schema/connector-dictionary.ts'
import { compilingDictionary, type Dictionary, dictionaryTexts } from '../schema/dictionary.ts'
import { checkEntities, compilingEntities, type Entities } from '../schema/entities.ts'
import { fitEntities } from '../schema/fit.ts'
import { inSlices, turn } from '../schema/slices.ts'
import type { SystemDefinition, SystemsFile } from '../systems/configuration.ts'
import type { Attached, Registry } from '../systems/registry.ts'
import { faultOf, Refused } from './faults.ts'

/** What a graph stands on: the systems of one revision, connected, and the dictionary joined with them. */
export interface Ground {
  revision: number
  file: SystemsFile
  dictionary: Dictionary
  /** of the texts that the dictionary was made of */
  dictionaryHash: string
  entities: Entities
  /** the definitions as they were joined with the dictionary */
  joined: ReadonlyMap<string, SystemDefinition>
  attached: Attached
  /** systems that were asked for their description just now */
  asked: ReadonlySet<string>
}

/**
 * Lays the ground of one revision beside the one that runs. Nothing of it is used by anybody before it is adopted; what it
 * has in common with the running one, connections and all, it shares with it.
 * @param options `before` = the one that runs; `strict` = somebody waits for the verdict: systems are asked for what they offer now, and one that never
 * said what it offers is a fault
 * @throws DictionaryFault, MappingFault, ConfigFileError, Refused
 */
export async function layGround(
  revision: number,
  file: SystemsFile,
  { configDir, registry, strict, before }: { configDir: string; registry: Registry; strict: boolean; before?: Ground },
): Promise<Ground> {
  const told = Object.values(file.systems).flatMap(one => one.dictionary ?? [])
  const paths = told.filter(text => !text.includes('\n')).map(path => resolve(configDir, path))
  const texts = await dictionaryTexts(paths, await connectorDictionaries(configDir, file))
  texts.push(...told.filter(text => text.includes('\n')))
  const dictionaryHash = sha256(texts.map(sha256).join())
  const same = before?.dictionaryHash === dictionaryHash ? before : undefined
  const dictionary = same?.dictionary ?? (await inSlices(compilingDictionary(texts)))
  const joined = new Map(Object.entries(file.systems))
  const isJoined = (id: string): boolean => same !== undefined && same.joined.get(id) === joined.get(id)
  const entities = await inSlices(
    compilingEntities(dictionary, file, id => (isJoined(id) ? same?.entities : undefined)),
  )
  const attached = registry.prepare(file.systems, (system, description, last) =>
    fitEntities(entities, system, description, last),
  )
  const asked = new Set<string>()
  try {
    const fresh: string[] = []
    for (const id of attached.ids) {
      const { connector } = attached.get(id)
      if (!registry.has(id) || registry.connector(id) !== connector) fresh.push(id)
      else if (connector.current && !isJoined(id)) {
        // A system that stays may be mapped otherwise now: the dictionary is everybody's.
        // One that changed by itself is no fault of whoever publishes another.
        const { drifted, described } = attached.get(id)
        if (drifted && described)
          fitEntities(entities, id, described.told ?? described.description, described.description)
        else checkEntities(entities, id, connector.current)
        await turn()
      }
    }
    await Promise.all(
      fresh.map(async id => {
        const how = await attached.get(id).introduce(strict)
        if (how === 'asked') asked.add(id)
        if (how === 'away' && strict)
          throw new Refused([
            { ...faultOf(`${id} does not answer and was never described, so its mapping cannot be checked`) },
          ])
      }),
    )
  } catch (error) {
    await registry.discard(attached)
    throw error
  }
  return { revision, file, dictionary, dictionaryHash, entities, joined, attached, asked }
}
