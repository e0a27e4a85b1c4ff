import { z } from 'zod'

const plain = z.union([z.string(), z.number(), z.boolean()])

/** A system's code → the value of the dictionary. */
const codeList = z
  .record(z.string(), z.string())
  .refine(list => Object.keys(list).length > 0, 'a list of codes has some')

const decimalText = z
  .union([z.string(), z.number()])
  .transform(String)
  .refine(text => /^\d{1,20}(\.\d{1,20})?$/.test(text) && /[1-9]/.test(text), 'must be a decimal number above 0')

const places = z.number().int().min(0).max(20)

const numberStyle = z.strictObject({
  group: z.enum([',', '.', ' ', "'", '_']).optional().describe('what stands between groups of digits'),
  groupSize: z.number().int().min(2).max(4).default(3),
  decimal: z.enum(['.', ',']).default('.'),
  negative: z.enum(['-1', '1-', '(1)']).default('-1'),
  places: places.optional().describe('rounded to so many places, half up: for systems that reckon in floats'),
})

/** How the value of one field stands in a system's record, where it is not simply the dictionary's. */
const told = z
  .strictObject({
    path: z.string().min(1).optional().describe("where it stands; the dictionary's place unless told"),
    value: z.string().min(1).optional().describe('JSONata over the record, with $today, instead of a path'),
    constant: plain.optional().describe('the same in every record, e.g. the one currency of a system'),
    none: z.array(plain).default([]).describe('values that stand for no value, e.g. 0001-01-01'),
    codes: z.union([z.string(), codeList]).optional().describe("a list of codes, or the name of one of the system's"),
    number: numberStyle.optional().describe('how numbers are written, where it is not 1234.5'),
    unit: z
      .strictObject({ from: z.string(), to: z.string(), places: places.optional() })
      .optional()
      .describe('from the unit of the system to that of the dictionary'),
    scale: decimalText.optional().describe('what a value is multiplied by, where no unit says it'),
    money: z
      .strictObject({
        currency: z.union([
          z.string().regex(/^[A-Z]{3}$/),
          z.strictObject({ path: z.string().min(1), codes: z.union([z.string(), codeList]).optional() }),
        ]),
        symbols: z.array(z.string().min(1)).default([]).describe('signs that may stand before or after the amount'),
      })
      .optional()
      .describe('an amount: without a known currency it is none'),
    time: z
      .union([z.string(), z.strictObject({ format: z.string(), zone: z.string().optional() })])
      .optional()
      .describe(
        'iso, local, epoch-s, epoch-ms, odata-v2 or a pattern such as YYYYMMDD HH:mm:ss; zone of the system unless told',
      ),
    wire: z
      .enum(['text', 'number'])
      .optional()
      .describe('what conditions carry; text for patterns and numbers unless told'),
  })
  .refine(one => [one.path, one.value, one.constant].filter(given => given !== undefined).length <= 1, {
    message: 'takes one of "path", "value" and "constant"',
  })
  .refine(one => [one.codes, one.time, one.number ?? one.unit ?? one.scale ?? one.money].filter(Boolean).length <= 1, {
    message: 'is either a code, a time or a number',
  })
  .refine(one => !(one.unit && one.scale), { message: 'takes either a unit or a scale' })

/** A path, or what is to be done with the value. */
export const fieldMapping = z.union([z.string().min(1), told])
/** Lists of codes that several fields of a system share. */
export const codeLists = z.record(z.string(), codeList)

export type FieldMappingDefinition = z.infer<typeof fieldMapping>
export type ToldMapping = z.infer<typeof told>
export type CodeLists = z.infer<typeof codeLists>
export type NumberStyle = z.infer<typeof numberStyle>
