import { writableSets } from '../access/rights.ts'
import { entitySet, entitySets } from '../model/entities.ts'
import type { EntitySet, Navigation, Property } from '../model/types.ts'
import { PAGE_SIZE } from './read.ts'

const NAMESPACE = 'com.huaxin.erp'
const CORE = 'https://oasis-tcs.github.io/odata-vocabularies/vocabularies/Org.OData.Core.V1.xml'
const CAPABILITIES = 'https://oasis-tcs.github.io/odata-vocabularies/vocabularies/Org.OData.Capabilities.V1.xml'
const AGGREGATION = 'https://oasis-tcs.github.io/odata-vocabularies/vocabularies/Org.OData.Aggregation.V1.xml'

/** The service document (OData JSON Format 4.01 §5). */
export const serviceDocument = (root: string) => ({
  '@odata.context': `${root}/$metadata`,
  value: entitySets.map(set => ({ name: set.name, kind: 'EntitySet', title: set.label.en, url: set.name })),
})

/** The metadata document (OData CSDL XML 4.01), made from the model that also reads and writes. */
export function metadataDocument(): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">
  <edmx:Reference Uri="${CORE}"><edmx:Include Namespace="Org.OData.Core.V1" Alias="Core"/></edmx:Reference>
  <edmx:Reference Uri="${CAPABILITIES}"><edmx:Include Namespace="Org.OData.Capabilities.V1" Alias="Capabilities"/></edmx:Reference>
  <edmx:Reference Uri="${AGGREGATION}"><edmx:Include Namespace="Org.OData.Aggregation.V1" Alias="Aggregation"/></edmx:Reference>
  <edmx:DataServices>
    <Schema Namespace="${NAMESPACE}" Alias="erp" xmlns="http://docs.oasis-open.org/odata/ns/edm">
${entitySets.map(entityType).join('\n')}
      <EntityContainer Name="Container">
${entitySets.map(container).join('\n')}
        <Annotation Term="Capabilities.BatchSupported" Bool="true"/>
        <Annotation Term="Capabilities.FilterFunctions">
          <Collection>${['contains', 'startswith', 'endswith', 'tolower', 'toupper', 'length', 'year', 'month', 'day', 'date'].map(name => `<String>${name}</String>`).join('')}</Collection>
        </Annotation>
      </EntityContainer>
    </Schema>
  </edmx:DataServices>
</edmx:Edmx>
`
}

function entityType(set: EntitySet): string {
  return `      <EntityType Name="${set.type}">
        <Key>${set.key.map(name => `<PropertyRef Name="${name}"/>`).join('')}</Key>
${set.properties.map(property => propertyElement(property)).join('\n')}
${set.navigation.map(navigationElement).join('\n')}
      </EntityType>`.replace(/\n\n/g, '\n')
}

function propertyElement(property: Property): string {
  const facets =
    property.type === 'Edm.Decimal'
      ? ` Precision="17" Scale="${property.scale}"`
      : property.type === 'Edm.DateTimeOffset'
        ? ' Precision="3"'
        : ''
  const annotations = [
    label(property.label.zh),
    label(property.label.en, 'en'),
    ...(property.computed ? ['<Annotation Term="Core.Computed" Bool="true"/>'] : []),
  ]
  return `        <Property Name="${property.name}" Type="${property.type}" Nullable="${property.nullable ?? false}"${facets}>${annotations.join('')}</Property>`
}

function navigationElement({ name, target, many, local, foreign }: Navigation): string {
  const type = `${NAMESPACE}.${entitySet(target).type}`
  if (many) return `        <NavigationProperty Name="${name}" Type="Collection(${type})"/>`
  return `        <NavigationProperty Name="${name}" Type="${type}" Nullable="true"><ReferentialConstraint Property="${local}" ReferencedProperty="${foreign}"/></NavigationProperty>`
}

function container(set: EntitySet): string {
  const rights = set.name === 'Users' ? { create: ['service'], update: {} } : writableSets[set.name]
  const bindings = set.navigation
    .map(each => `<NavigationPropertyBinding Path="${each.name}" Target="${each.target}"/>`)
    .join('')
  return `        <EntitySet Name="${set.name}" EntityType="${NAMESPACE}.${set.type}">${bindings}
          ${label(set.label.zh)}${label(set.label.en, 'en')}
          ${restriction('InsertRestrictions', 'Insertable', Boolean(rights?.create))}${restriction('UpdateRestrictions', 'Updatable', Boolean(rights?.update))}${restriction('DeleteRestrictions', 'Deletable', false)}
          <Annotation Term="Capabilities.ExpandRestrictions"><Record><PropertyValue Property="MaxLevels" Int="1"/></Record></Annotation>
          <Annotation Term="Aggregation.ApplySupported"><Record><PropertyValue Property="Transformations"><Collection><String>filter</String><String>groupby</String><String>aggregate</String></Collection></PropertyValue></Record></Annotation>
          <Annotation Term="Core.LongDescription" String="Pages of at most ${PAGE_SIZE} rows; follow @odata.nextLink."/>
        </EntitySet>`
}

const label = (text: string, qualifier?: string) =>
  `<Annotation Term="Core.Description"${qualifier ? ` Qualifier="${qualifier}"` : ''} String="${escapeXml(text)}"/>`

const restriction = (term: string, property: string, value: boolean) =>
  `<Annotation Term="Capabilities.${term}"><Record><PropertyValue Property="${property}" Bool="${value}"/></Record></Annotation>`

const escapeXml = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
