import { createRandom } from './random.ts'
import type { DirtyRecord, Product, Warehouse } from './types.ts'

export const warehouses: Warehouse[] = [
  { warehouse: 'WH01', name: { zh: '总部成品库', en: 'Headquarters, finished goods' } },
  { warehouse: 'WH02', name: { zh: '原材料与外购件库', en: 'Materials and bought parts' } },
  { warehouse: 'WH03', name: { zh: '华南中转仓', en: 'South China transit' } },
]

type Series = readonly [prefix: string, zh: string, en: string, source: Product['source'], yuan: number, unit: string]

/** 12 series of 25 sizes each. */
const series: readonly Series[] = [
  ['K', '斜齿锥齿轮减速机', 'Helical bevel gear reducer', 'MAKE', 6_900, '台'],
  ['R', '同轴斜齿轮组', 'Inline helical gear unit', 'MAKE', 3_800, '套'],
  ['F', '平行轴减速机', 'Parallel shaft reducer', 'MAKE', 5_600, '台'],
  ['S', '蜗轮蜗杆减速机', 'Worm gear reducer', 'MAKE', 2_400, '台'],
  ['P', '行星减速机', 'Planetary reducer', 'MAKE', 8_800, '台'],
  ['C', '鼓形齿联轴器', 'Gear coupling', 'MAKE', 1_150, '套'],
  ['Z', '箱体', 'Gearbox housing', 'MAKE', 900, '件'],
  ['G', '锥齿轮副', 'Bevel gear pair', 'MAKE', 720, '副'],
  ['M', '三相异步电动机', 'Three-phase motor', 'BUY', 980, '台'],
  ['B', '圆锥滚子轴承', 'Tapered roller bearing', 'BUY', 130, '套'],
  ['T', '骨架油封', 'Shaft seal', 'BUY', 14, '件'],
  ['D', '锻件毛坯', 'Forged blank', 'BUY', 420, '件'],
]

/** 300 products; `HX-K97` is size 97 of series K. */
export function createProducts(): Product[] {
  const random = createRandom(6001)
  return series.flatMap(([prefix, zh, en, source, base, unit]) =>
    Array.from({ length: 25 }, (_, index): Product => {
      const size = 17 + index * 10
      const listPrice = Math.round((base * (1 + index * 0.34)) / 10) * 10_00 || base * 100
      return {
        product: `HX-${prefix}${size}`,
        description: `${zh} ${prefix}${size}`,
        descriptionEn: `${en} ${prefix}${size}`,
        unitCost: Math.round((listPrice * random.int(66, 79)) / 100),
        listPrice,
        unit,
        source,
      }
    }),
  )
}

export function spoilProducts(products: Product[]): DirtyRecord[] {
  const [untranslated, priceless] = [products[131]!, products[287]!]
  untranslated.descriptionEn = ''
  priceless.listPrice = 0
  return [
    { system: 'erp', object: 'Product', key: untranslated.product, fault: 'English description missing' },
    { system: 'erp', object: 'Product', key: priceless.product, fault: 'list price is zero' },
  ]
}
