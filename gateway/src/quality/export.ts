import type { QualityReport, ShownRecord, ToldFinding } from './service.ts'

export type ExportLanguage = 'zh' | 'en'

interface Column {
  name: { zh: string; en: string }
  value(finding: ToldFinding, record: ShownRecord | undefined, language: ExportLanguage): string | number | null
}

const columns: readonly Column[] = [
  { name: { zh: '系统', en: 'System' }, value: one => one.system },
  { name: { zh: '类型', en: 'Type' }, value: (one, _, language) => one.typeName[language] },
  { name: { zh: '字段', en: 'Field' }, value: (one, _, language) => one.fieldName?.[language] ?? null },
  { name: { zh: '规则', en: 'Rule' }, value: (one, _, language) => one.words.name[language] },
  { name: { zh: '规则编号', en: 'Rule id' }, value: one => one.rule },
  { name: { zh: '主键', en: 'Key' }, value: (_, record) => record?.key ?? null },
  { name: { zh: '值', en: 'Value' }, value: (_, record) => record?.value ?? null },
  { name: { zh: '已脱敏', en: 'Masked' }, value: (_, record) => (record?.masked ? 'yes' : null) },
  { name: { zh: '次数', en: 'Times' }, value: (one, record) => record?.seen ?? one.faults },
  {
    name: { zh: '首次发现', en: 'First seen' },
    value: (one, record) => (record ?? one).firstSeen.toISOString(),
  },
  { name: { zh: '最近发现', en: 'Last seen' }, value: (one, record) => (record ?? one).lastSeen.toISOString() },
]

/**
 * The records behind the findings, one a line, as RFC 4180 with a byte order mark: Excel takes a file without one for the
 * code page of the machine. What a spreadsheet would take for a formula is quoted by an apostrophe (CWE-1236).
 */
export function toCsv({ findings }: QualityReport, language: ExportLanguage): string {
  const lines = [columns.map(column => column.name[language])]
  for (const finding of findings) {
    const records = finding.examples.length > 0 ? finding.examples : [undefined]
    for (const record of records) lines.push(columns.map(column => cell(column.value(finding, record, language))))
  }
  return `\uFEFF${lines.map(line => `${line.join(',')}\r\n`).join('')}`
}

/** The same as data: findings with their counts by day and their records. */
export function toJson({ days, checked, findings }: QualityReport): string {
  const told = findings.map(one => ({
    system: one.system,
    type: one.type,
    field: one.field === '*' ? null : one.field,
    rule: one.rule,
    name: one.words.name,
    advice: one.words.advice,
    faults: one.faults,
    perDay: one.perDay,
    firstSeen: one.firstSeen,
    lastSeen: one.lastSeen,
    owner: one.owner,
    records: one.examples,
  }))
  return JSON.stringify({ days, checked, findings: told }, null, 2)
}

function cell(value: string | number | null): string {
  if (value === null) return ''
  if (typeof value === 'number') return String(value)
  const plain = /^[-+]?\d+(\.\d+)?$/.test(value)
  const safe = !plain && /^[=+\-@\t\r\n＝＋－＠]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
