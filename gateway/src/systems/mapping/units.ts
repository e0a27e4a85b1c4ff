import { MappingFault } from '../protocols/protocol.ts'
import { divideRatios, type Ratio, ratioOf } from './decimals.ts'

// Every ratio is exact by definition: the pound is 0.45359237 kg, the inch 0.0254 m.
const dimensions: Record<string, Record<string, string>> = {
  mass: {
    'kg 公斤 千克': '1',
    'g 克': '0.001',
    'mg 毫克': '0.000001',
    't 吨': '1000',
    斤: '0.5',
    两: '0.05',
    'lb 磅': '0.45359237',
  },
  money: {
    '元 yuan': '1',
    '角 jiao': '0.1',
    '分 fen cent': '0.01',
    千元: '1000',
    '万元 10k': '10000',
    '百万元 million': '1000000',
    亿元: '100000000',
  },
  length: {
    'm 米': '1',
    'km 公里 千米': '1000',
    'dm 分米': '0.1',
    'cm 厘米': '0.01',
    'mm 毫米': '0.001',
    'in 英寸': '0.0254',
  },
  area: { 'm2 平方米': '1', 'cm2 平方厘米': '0.0001', 'ha 公顷': '10000', 'km2 平方公里': '1000000' },
  volume: { 'L 升': '1', 'mL 毫升': '0.001', 'm3 立方米 方': '1000' },
  count: { 'pcs 个 件 只 台': '1', 'dozen 打': '12', 'thousand 千个 千件': '1000', '万个 万件': '10000' },
  time: { 's 秒': '1', 'ms 毫秒': '0.001', 'min 分钟': '60', 'h 小时': '3600', 'd 天': '86400' },
  share: { '1 ratio': '1', '% percent': '0.01', '‰ permille': '0.001', 'bp 基点': '0.0001' },
  energy: { 'kWh 度': '1', Wh: '0.001', MWh: '1000' },
}

const units = new Map<string, { dimension: string; size: Ratio }>()
for (const [dimension, members] of Object.entries(dimensions))
  for (const [names, size] of Object.entries(members))
    for (const name of names.split(' ')) units.set(name, { dimension, size: ratioOf(size) })

/** What a number in one unit is multiplied by to be one in another. @throws MappingFault for units that do not fit */
export function unitRatio(from: string, to: string): Ratio {
  const [a, b] = [units.get(from), units.get(to)]
  for (const [name, unit] of [
    [from, a],
    [to, b],
  ] as const)
    if (!unit) throw new MappingFault(`there is no unit ${name}; a scale says it for any other`)
  if (!a || !b || a.dimension !== b.dimension) throw new MappingFault(`${from} is no unit of what ${to} measures`)
  return divideRatios(a.size, b.size)
}
