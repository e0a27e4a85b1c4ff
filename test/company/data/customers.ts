import { addDays, addMonths, daysBetween, firstDay, momentAt, monthOf } from './calendar.ts'
import type { Colleague } from './people.ts'
import { createRandom } from './random.ts'
import type { Contact, Customer, Day, DirtyRecord } from './types.ts'

const cities: readonly (readonly [city: string, region: string, dialling: string, weight: number])[] = [
  ['苏州', '江苏', '0512', 6],
  ['无锡', '江苏', '0510', 5],
  ['常州', '江苏', '0519', 4],
  ['南通', '江苏', '0513', 3],
  ['徐州', '江苏', '0516', 3],
  ['南京', '江苏', '025', 4],
  ['杭州', '浙江', '0571', 5],
  ['宁波', '浙江', '0574', 5],
  ['温州', '浙江', '0577', 3],
  ['绍兴', '浙江', '0575', 2],
  ['上海', '上海', '021', 6],
  ['合肥', '安徽', '0551', 4],
  ['芜湖', '安徽', '0553', 2],
  ['济南', '山东', '0531', 3],
  ['青岛', '山东', '0532', 4],
  ['烟台', '山东', '0535', 2],
  ['潍坊', '山东', '0536', 2],
  ['郑州', '河南', '0371', 3],
  ['洛阳', '河南', '0379', 2],
  ['武汉', '湖北', '027', 4],
  ['襄阳', '湖北', '0710', 1],
  ['长沙', '湖南', '0731', 3],
  ['株洲', '湖南', '0731', 2],
  ['成都', '四川', '028', 4],
  ['德阳', '四川', '0838', 2],
  ['重庆', '重庆', '023', 4],
  ['西安', '陕西', '029', 3],
  ['宝鸡', '陕西', '0917', 1],
  ['广州', '广东', '020', 4],
  ['深圳', '广东', '0755', 4],
  ['佛山', '广东', '0757', 4],
  ['东莞', '广东', '0769', 4],
  ['厦门', '福建', '0592', 2],
  ['泉州', '福建', '0595', 2],
  ['天津', '天津', '022', 3],
  ['北京', '北京', '010', 3],
  ['唐山', '河北', '0315', 2],
  ['石家庄', '河北', '0311', 2],
  ['沈阳', '辽宁', '024', 3],
  ['大连', '辽宁', '0411', 3],
  ['长春', '吉林', '0431', 2],
  ['哈尔滨', '黑龙江', '0451', 2],
  ['太原', '山西', '0351', 2],
  ['南宁', '广西', '0771', 1],
  ['柳州', '广西', '0772', 2],
  ['昆明', '云南', '0871', 1],
]

const words = [
  '恒力',
  '立衡',
  '明川',
  '甬泰',
  '楚衡',
  '锦衡',
  '临江',
  '沧浪',
  '皖泽',
  '彭岳',
  '万拓',
  '中瑞',
  '华锐',
  '金泰',
  '东昇',
  '联创',
  '精工',
  '宏远',
  '正源',
  '瑞丰',
  '天工',
  '博远',
  '永昌',
  '兴达',
  '鼎盛',
  '新锐',
  '卓越',
  '启航',
  '众合',
  '祥云',
  '海川',
  '科达',
  '长城',
  '三友',
  '光华',
  '德邦',
  '振兴',
  '飞腾',
  '力源',
  '盛世',
  '嘉禾',
  '凯旋',
  '安顺',
  '通达',
  '晨光',
  '思远',
  '汇金',
  '铭泰',
] as const

const industries: readonly (readonly [industry: string, ...suffixes: string[]])[] = [
  ['机床', '机床', '数控机床', '精密机械'],
  ['工程机械', '工程机械', '重工', '重型机械'],
  ['自动化', '自动化设备', '智能装备', '自动化科技'],
  ['新能源', '新能源科技', '新能源装备', '风电设备'],
  ['轨道交通', '轨道装备', '轨道交通设备'],
  ['泵阀', '泵业', '阀门', '流体设备'],
  ['物流设备', '输送设备', '物流装备', '起重机械'],
  ['船舶', '船机', '船舶配套', '海工装备'],
  ['冶金', '冶金设备', '重型装备'],
  ['食品机械', '食品机械', '包装机械'],
  ['纺织机械', '纺织机械', '纺机'],
  ['汽车零部件', '汽车零部件', '传动', '汽车配件'],
]

const roads = [
  '人民路',
  '工业园区星湖街',
  '科技大道',
  '长江路',
  '创新路',
  '开发区黄河路',
  '滨河大道',
  '经济开发区兴业路',
  '振华路',
  '高新区锦业路',
]
const surnames = '王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕'
const givenNames = [
  '建国',
  '志强',
  '海燕',
  '晓东',
  '丽华',
  '文斌',
  '玉兰',
  '国庆',
  '秀英',
  '俊杰',
  '婷婷',
  '浩然',
  '雪梅',
  '永刚',
  '红梅',
  '立新',
  '思敏',
  '振宇',
  '佳怡',
  '小龙',
  '德胜',
  '慧',
  '斌',
  '涛',
  '颖',
  '凯',
  '琳',
  '鹏',
]
const titles = ['采购经理', '设备部长', '技术总监', '总经理', '采购主管', '生产厂长', '财务经理', '项目经理']

/** Which of the sales people keeps a customer, and how many: the leaders hold a few important ones themselves. */
function portfolio(people: Colleague[]): [Colleague, number][] {
  return people
    .filter(person => person.native.crm && /^sales-(1|2|key)$/.test(person.departmentId))
    .filter(person => !person.roleIds.includes('sales-assistant'))
    .map(person => [person, person.roleIds.includes('sales-manager') ? 3 : person.username === 'zhang.wei' ? 7 : 5])
}

export function createCustomers(people: Colleague[], today: Day, count: number) {
  const random = createRandom(4001)
  const owners = portfolio(people)
  const names = new Set<string>()
  const customers: Customer[] = []
  for (let index = 0; index < count; index++) {
    const [city, region, dialling] = random.weighted(cities.map(entry => [entry, entry[3]] as const))
    const createdOn = creationDay(index, count, today)
    const [industry, ...suffixes] = random.pick(industries)
    const word = freshWord(random, city, names)
    const suffix = random.pick(suffixes)
    const owner = random.weighted(owners)
    const number = `C${String(index + 1).padStart(5, '0')}`
    const isNew = daysBetween(createdOn, today) < 60
    const lastContact = addDays(
      today,
      -Math.min(random.int(1, random.chance(0.2) ? 120 : 35), Math.max(1, daysBetween(createdOn, today))),
    )
    customers.push({
      customerNo: number,
      name: `${city}${word}${suffix}有限公司`,
      shortName: `${city}${word}${suffix}`,
      industry,
      region,
      level: random.weighted([
        ['A', 2],
        ['B', 5],
        ['C', 5],
      ]),
      phone: `${dialling}-${random.int(2, 8)}${String(random.int(0, 9_999_999)).padStart(7, '0')}`,
      email: `contact@c${String(index + 1).padStart(5, '0')}.example`,
      address: `${region === city ? '' : region}${city}市${random.pick(roads)}${random.int(1, 899)}号`,
      ownerId: owner.native.crm!,
      ownerDepartment: owner.departmentId,
      status: isNew
        ? 'PROSPECT'
        : random.weighted([
            ['ACTIVE', 9],
            ['DORMANT', 1],
          ]),
      createdAt: momentAt(createdOn, random.int(510, 1050)),
      updatedAt: momentAt(lastContact, random.int(1051, 1110)),
      lastContactAt: momentAt(lastContact, random.int(510, 1050)),
    })
  }
  return { customers, contacts: createContacts(customers) }
}

/** The first customers are years old; the later ones came month by month, the last of them in this month. */
function creationDay(index: number, count: number, today: Day): Day {
  const older = Math.floor(count * 0.6)
  if (index < older) return addDays(today, -560 - Math.floor((older - index) * 6.1))
  const recent = (index - older) / (count - older - 1)
  const start = firstDay(addMonths(monthOf(today), -17))
  return addDays(start, Math.floor(recent * Math.max(0, daysBetween(start, today) - 1)))
}

function freshWord(random: ReturnType<typeof createRandom>, city: string, taken: Set<string>): string {
  for (;;) {
    const word = random.pick(words)
    if (!taken.has(city + word)) {
      taken.add(city + word)
      return word
    }
    // A big city may have used a word already: join halves of two words then.
    const blend = random.pick(words)[0]! + random.pick(words)[1]!
    if (!taken.has(city + blend)) {
      taken.add(city + blend)
      return blend
    }
  }
}

function createContacts(customers: Customer[]): Contact[] {
  const random = createRandom(4002)
  return customers.flatMap(customer =>
    Array.from(
      {
        length: random.weighted([
          [1, 4],
          [2, 4],
          [3, 1],
        ]),
      },
      (_, position): Contact => {
        const name = random.pick([...surnames]) + random.pick(givenNames)
        return {
          contactId: `CT-${customer.customerNo.slice(1)}-${position + 1}`,
          customerNo: customer.customerNo,
          name,
          title: random.pick(titles),
          mobile: `1${random.pick(['38', '39', '36', '58', '86', '77'])}${String(random.int(0, 99_999_999)).padStart(8, '0')}`,
          email: `p${position + 1}@${customer.email.split('@')[1]}`,
          isPrimary: position === 0,
        }
      },
    ),
  )
}

/** Spoils a few records in the ways real CRM data are spoilt, and says which. */
export function spoilCustomers(customers: Customer[]): DirtyRecord[] {
  const spoil = (at: number, change: Partial<Customer>, fault: string): DirtyRecord => {
    const customer = Object.assign(customers[at]!, change)
    return { system: 'crm', object: 'Customer', key: customer.customerNo, fault }
  }
  return [
    spoil(16, { phone: '0512 6788 1234 转 801' }, 'phone with an extension in words'),
    spoil(57, { region: '' }, 'region missing'),
    spoil(103, { email: ' Sales@C00104.EXAMPLE ' }, 'e-mail with blanks and capitals'),
    spoil(151, { email: '无' }, 'e-mail is no address'),
    spoil(222, { level: 'A+' }, 'level unknown to the dictionary'),
    spoil(
      287,
      { name: customers[286]!.name.replace('有限公司', '（集团）有限公司') },
      'entered twice under a similar name',
    ),
    spoil(341, { phone: '' }, 'phone missing'),
  ]
}
