import { ODataError } from './errors.ts'
import type { QueryOptions } from './query-options.ts'

export type Format = { ieee754Compatible: boolean; maxPageSize: number | undefined; headers: Record<string, string> }

/**
 * The format of the answer from Accept, $format and Prefer (OData JSON Format 4.01 §3, Protocol §8.2.8.5).
 * @throws ODataError 406 when the client takes no JSON, 400 for a version above 4.01
 */
export function negotiate(headers: Record<string, string | undefined>, options: QueryOptions): Format {
  const accept = (options.format === 'json' ? 'application/json' : options.format) ?? headers.accept ?? '*/*'
  const taken = accept.split(',').find(part => /^\s*(application\/(json|\*)|\*\/\*)/i.test(part))
  if (taken === undefined) throw new ODataError(406, 'NotAcceptable', 'This service answers application/json.')
  const version = headers['odata-maxversion']
  if (version !== undefined && !/^4(\.\d+)?$/.test(version.trim()))
    throw new ODataError(400, 'BadRequest', 'This service speaks OData 4.0; OData-MaxVersion must be 4.0 or above.')
  const ieee754Compatible = /;\s*IEEE754Compatible\s*=\s*true/i.test(taken)
  const size = /odata\.maxpagesize\s*=\s*(\d{1,9})|(?:^|[;,\s])maxpagesize\s*=\s*(\d{1,9})/i.exec(headers.prefer ?? '')
  const maxPageSize = size ? Math.max(1, Number(size[1] ?? size[2])) : undefined
  return {
    ieee754Compatible,
    maxPageSize,
    headers: {
      'content-type': `application/json;odata.metadata=minimal${ieee754Compatible ? ';IEEE754Compatible=true' : ''};charset=utf-8`,
      'odata-version': '4.0',
      ...(size ? { 'preference-applied': `odata.maxpagesize=${maxPageSize}` } : {}),
    },
  }
}
