import { XMLValidator } from 'fast-xml-parser'

/**
 * Says what is wrong with an XML document that describes a system; undefined for a sound one. The parser repairs what is
 * cut off, so that half a description would look like a small one, and expands the entities of a document type.
 */
export function faultOfXml(text: string): string | undefined {
  if (/<!DOCTYPE/i.test(text)) return 'has a document type, whose entities would be expanded'
  const valid = XMLValidator.validate(text)
  return valid === true ? undefined : `is broken XML: ${valid.err.msg}`
}
