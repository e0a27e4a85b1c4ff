import { gzipSync } from 'node:zlib'
import iconv from 'iconv-lite'
import { expect, test } from 'vitest'
import writeExcelFile from 'write-excel-file/node'
import type { Question, Row } from '../protocol.ts'
import { fileSettings, type TableSettings } from './configuration.ts'
import { FileFault } from './fault.ts'
import { readTable } from './read-table.ts'
import type { FileTable } from './table.ts'

/** The table of a file with such content. */
async function open(
  content: string | Buffer,
  table: Record<string, unknown> = {},
  more: object = {},
): Promise<FileTable> {
  const files = String(table.files ?? 'stock.csv')
  const settings = fileSettings.parse({
    directory: '/d',
    timeZone: 'Asia/Shanghai',
    ...more,
    tables: { stock: { ...table, files } },
  })
  return await readTable(Buffer.from(content as Buffer), files, settings.tables.stock as TableSettings, settings)
}
const rowsOf = (table: FileTable, question: Partial<Question> = {}): Row[] => table.page(question).rows
const refusal = async (work: Promise<unknown>): Promise<Error> =>
  (await work.then(
    () => undefined,
    (error: unknown) => error,
  )) as Error

const text = '编号,名称,数量\r\n0012,螺母 "M8",1.50\r\n123456789012345678,"a,b\nc",-2\r\n'
const rows = [
  { 编号: '0012', 名称: '螺母 "M8"', 数量: '1.50' },
  { 编号: '123456789012345678', 名称: 'a,b\nc', 数量: '-2' },
]

test.each<[string, Buffer]>([
  ['UTF-8', Buffer.from(text)],
  ['UTF-8 with its mark', Buffer.from(`\ufeff${text}`)],
  ['UTF-16 with its mark', iconv.encode(text, 'utf-16le', { addBOM: true })],
  ['UTF-16, the other way round', iconv.encode(text, 'utf-16be', { addBOM: true })],
  ['GB18030, as Chinese Excel writes', iconv.encode(text, 'gb18030')],
])('reads %s; ids keep their noughts and all their digits', async (_name, bytes) => {
  expect(rowsOf(await open(bytes))).toEqual(rows)
})

test('what is told of an encoding holds, and wrong bytes are refused rather than replaced', async () => {
  const bytes = iconv.encode('名稱,數量\n螺帽,1\n', 'big5')
  expect(rowsOf(await open(bytes, { encoding: 'big5' }))).toEqual([{ 名稱: '螺帽', 數量: '1' }])
  expect((await refusal(open(bytes, { encoding: 'utf-8' }))).message).toMatch(/is not in utf-8/)
  expect((await refusal(open(Buffer.from(text).subarray(0, 12)))).message).toMatch(/middle of a character/)
})

test.each([
  [';', 'a;b\n"1;5";2,5\n'],
  ['tab', 'a\tb\n1;5\t2,5\n'],
  ['|', '\n\na|b\n1;5|2,5\n\n'],
  [',', 'a,b\n1;5,"2,5"\n'],
])('finds the delimiter %s by itself', async (_name, content) => {
  expect(rowsOf(await open(content))).toEqual([{ a: '1;5', b: '2,5' }])
})

test('columns hold what they are told to: decimals, days and times as people write them', async () => {
  const content =
    '报表：库存\nNo.;Menge;Preis;Datum;Zeit;aktiv;n\n0,1;1.234,50;12-;5.1.2026;2026/1/5 8:30;是;7\nx;1.2.3;-0,5;31.2.2026;5.1.2026 08:30:15;0;9007199254740993\ny;;;;;;\n'
  const shelf = await open(content, {
    header: 2,
    decimal: ',',
    days: 'dmy',
    columns: { Menge: 'decimal', Preis: 'decimal', Datum: 'date', Zeit: 'time', aktiv: 'boolean', n: 'integer' },
  })
  expect(rowsOf(shelf)).toEqual([
    {
      No_: '0,1',
      Menge: '1234.50',
      Preis: '-12',
      Datum: '2026-01-05',
      Zeit: '2026-01-05T00:30:00Z',
      aktiv: true,
      n: 7,
    },
    // What does not fit stays as it was written, for the dictionary to report.
    {
      No_: 'x',
      Menge: '1.2.3',
      Preis: '-0.5',
      Datum: '31.2.2026',
      Zeit: '2026-01-05T00:30:15Z',
      aktiv: false,
      n: '9007199254740993',
    },
    { No_: 'y', Menge: null, Preis: null, Datum: null, Zeit: null, aktiv: null, n: null },
  ])
})

test('a sheet of Excel: text stays text, dates are days, lost digits are no value', async () => {
  const cell = (value: unknown, more: object = {}): object => ({ value, ...more })
  const data = [
    ['编号', '名称', '数量', '日期', '时间', '启用'].map(name => cell(name)),
    [
      cell('0012'),
      cell('螺母'),
      cell(0.1 + 0.2),
      cell(new Date('2026-01-05T00:00:00Z'), { format: 'yyyy-mm-dd' }),
      cell(new Date('2026-01-05T08:30:15Z'), { format: 'yyyy-mm-dd hh:mm:ss' }),
      cell(true),
    ],
    [cell('123456789012345678'), cell('#N/A'), cell(1e-7), cell(46027, {}), cell('2026-01-05 08:30'), cell('否')],
    [cell(123456789012345680), cell('lost'), cell(1), null, null, null],
  ]
  const { toBuffer } = writeExcelFile(data as never, { sheet: '库存' } as never) as unknown as {
    toBuffer(): Promise<Buffer>
  }
  const bytes = await toBuffer()
  const shelf = await open(bytes, {
    files: '*.xlsx',
    columns: { 数量: 'decimal', 日期: 'date', 时间: 'time', 启用: 'boolean' },
  })
  expect(rowsOf(shelf)).toEqual([
    { 编号: '0012', 名称: '螺母', 数量: '0.3', 日期: '2026-01-05', 时间: '2026-01-05T00:30:15Z', 启用: true },
    {
      编号: '123456789012345678',
      名称: null,
      数量: '0.0000001',
      日期: '2026-01-05',
      时间: '2026-01-05T00:30:00Z',
      启用: false,
    },
  ])
  expect(shelf.faults).toEqual([{ row: 4, reason: expect.stringMatching(/^编号: .*15 digits/) }])
  expect(rowsOf(await open(bytes, { files: '*.xlsx', sheet: '库存' }), { select: ['编号'] })).toHaveLength(2)
  expect(await refusal(open(bytes, { files: '*.xlsx', sheet: '别的' }))).toBeInstanceOf(FileFault)
})

test.each<[string, string | Buffer]>([
  ['nothing', ''],
  ['a quote that does not end', 'a,b\n1,"2\n3,4\n'],
  ['two columns of one name', 'a,b,a\n1,2,3\n'],
  ['more rows than are taken', `a\n${'1\n'.repeat(51)}`],
])('%s is refused', async (_name, content) => {
  expect(await refusal(open(content, {}, { maxRows: 50 }))).toBeInstanceOf(FileFault)
})

test('half an archive, one that is none, and one that grows are refused', async () => {
  const { toBuffer } = writeExcelFile([[{ value: 'a' }], [{ value: 'x'.repeat(3000) }]] as never) as unknown as {
    toBuffer(): Promise<Buffer>
  }
  const whole = await toBuffer()
  const xlsx = { files: '*.xlsx' }
  for (const bytes of [whole.subarray(0, whole.length * 0.6), gzipSync('x'), Buffer.from('PK\u0003\u0004')])
    expect((await refusal(open(bytes, xlsx))).message).toMatch(/archive/)
  expect(rowsOf(await open(whole, xlsx))).toEqual([{ a: 'x'.repeat(3000) }])
  const bomb = Buffer.from(whole)
  bomb.writeUInt32LE(0x7fffffff, bomb.indexOf(Buffer.from([0x50, 0x4b, 1, 2])) + 24)
  expect((await refusal(open(bomb, xlsx))).message).toMatch(/more than is read/)
})

const lines = `id,parent,name,amount,due,currency\n${Array.from({ length: 30 }, (_, n) => `${n},p${n % 3},"Name ${n}%",${n}.10,2026-01-${String(n + 1).padStart(2, '0')},${n % 2 ? 'CNY' : 'USD'}`).join('\n')}\nx,p9,,,,\n`

test.each<[string, Question['where'], string | undefined, string[]]>([
  ['keys', [{ field: 'id', op: 'in', values: ['3', '1', '3', 'no', '01'] }], undefined, ['3', '1']],
  ['a part of text', [{ any: ['name', 'id'], contains: 'NAME 2%' }], undefined, ['2']],
  ['a decimal, as a number', [{ field: 'amount', op: 'eq', values: ['9.1'] }], undefined, ['9']],
  ['more than a decimal', [{ field: 'amount', op: 'ge', values: ['28.1'] }], 'amount desc', ['29', '28']],
  [
    'a range of days',
    [
      { field: 'due', op: 'gt', values: ['2026-01-02'] },
      { field: 'due', op: 'le', values: ['2026-01-04'] },
    ],
    undefined,
    ['2', '3'],
  ],
  ['inputs', [{ inputs: { parent: 'p9' } }], undefined, ['x']],
  [
    'a condition',
    [{ raw: "parent in ('p1', 'p9') and (amount > 25 or amount is null) and not id = '28'" }],
    'id desc',
    ['x', '25'],
  ],
  [
    'what is unequal, among what has a value',
    [{ raw: "due <> 2026-01-01 and parent <> 'p1' and parent <> 'p2'" }, { field: 'amount', op: 'lt', values: [7] }],
    undefined,
    ['3', '6'],
  ],
])('finds by %s', async (_what, where, sort, ids) => {
  const table = await open(lines, { columns: { amount: 'decimal', due: 'date' } })
  expect(rowsOf(table, { where, sort, select: ['id'] }).map(row => row.id)).toEqual(ids)
})
