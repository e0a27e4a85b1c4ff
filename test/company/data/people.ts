import type { Department, Person, Text } from './types.ts'

export const departments: Department[] = [
  { id: 'hx', parentId: null, name: { zh: '华信机械', en: 'Huaxin Machinery' } },
  { id: 'sales', parentId: 'hx', name: { zh: '销售部', en: 'Sales' } },
  { id: 'sales-1', parentId: 'sales', name: { zh: '销售一部', en: 'Sales Team 1' } },
  { id: 'sales-2', parentId: 'sales', name: { zh: '销售二部', en: 'Sales Team 2' } },
  { id: 'sales-key', parentId: 'sales', name: { zh: '大客户部', en: 'Key Accounts' } },
  { id: 'finance', parentId: 'hx', name: { zh: '财务部', en: 'Finance' } },
  { id: 'supply', parentId: 'hx', name: { zh: '供应链部', en: 'Purchasing and Warehouse' } },
  { id: 'production', parentId: 'hx', name: { zh: '制造部', en: 'Production' } },
  { id: 'rnd', parentId: 'hx', name: { zh: '研发部', en: 'Research and Development' } },
  { id: 'hr', parentId: 'hx', name: { zh: '人力资源部', en: 'Human Resources' } },
  { id: 'it', parentId: 'hx', name: { zh: '信息部', en: 'Information Technology' } },
  { id: 'admin-office', parentId: 'hx', name: { zh: '综合管理部', en: 'Administration' } },
]

/** Everybody's place: department | position | business role | usernames with names; the first of a block leads it. */
const roster = `
hx           | 总经理/General Manager                  | general-manager   | zhao.lei 赵磊
sales        | 销售总监/Sales Director                 | sales-manager     | sun.hao 孙昊
sales-1      | 销售经理/Sales Manager                  | sales-manager     | li.na 李娜
sales-1      | 销售代表/Sales Representative           | sales-rep         | zhang.wei 张伟, zhou.min 周敏, liu.yang 刘洋, xu.jia 徐佳, ma.chao 马超, tang.yue 唐悦
sales-1      | 销售助理/Sales Assistant                | sales-assistant   | song.jing 宋静
sales-2      | 销售经理/Sales Manager                  | sales-manager     | zheng.kai 郑凯
sales-2      | 销售代表/Sales Representative           | sales-rep         | wu.bin 吴斌, gao.feng 高峰, lin.xue 林雪, huang.tao 黄涛, deng.li 邓丽, cao.yu 曹宇
sales-2      | 销售助理/Sales Assistant                | sales-assistant   | yuan.meng 袁梦
sales-key    | 大客户经理/Key Account Manager          | sales-manager     | he.min 何敏
sales-key    | 大客户代表/Key Account Representative   | sales-rep         | guo.qiang 郭强, luo.dan 罗丹, liang.chen 梁晨, xie.jun 谢军
sales-key    | 销售助理/Sales Assistant                | sales-assistant   | feng.ling 冯玲
finance      | 财务经理/Finance Manager                | finance-manager   | han.xue 韩雪
finance      | 会计/Accountant                         | accountant        | wang.fang 王芳, dong.jie 董洁, pan.ting 潘婷
finance      | 出纳/Cashier                            | cashier           | jiang.yan 蒋艳, yu.hong 于红
supply       | 供应链经理/Supply Chain Manager         | purchaser         | cheng.gang 程刚
supply       | 采购与仓储专员/Purchasing and Warehouse | purchaser+warehouse-keeper | chen.jie 陈杰
supply       | 采购员/Purchaser                        | purchaser         | du.juan 杜娟, wei.ping 魏平, ye.zi 叶梓
supply       | 仓库管理员/Warehouse Keeper             | warehouse-keeper  | cai.yong 蔡勇, tian.liang 田亮, ren.jun 任军, shen.hua 沈华
production   | 制造经理/Production Manager             | production-planner | jiang.tao 姜涛
production   | 生产计划员/Production Planner           | production-planner | fan.lin 范琳, fang.wen 方文, shi.lei 石磊
production   | 班组长/Shift Leader                     |                   | lu.jian 陆健, qian.jin 钱进, yao.gang 姚刚, tan.bo 谭波
production   | 装配技师/Assembly Technician            |                   | zou.ming 邹明, xiong.wei 熊伟, jin.hui 金辉, qin.feng 秦峰, jia.qiang 贾强, xia.yu 夏雨, hou.jun 侯军, bai.xue 白雪, meng.fei 孟飞, long.teng 龙腾
rnd          | 研发经理/R&D Manager                    |                   | wan.jun 万俊
rnd          | 机械工程师/Mechanical Engineer          |                   | duan.lei 段磊, lei.ming 雷鸣, hao.nan 郝楠, shao.wei 邵卫, mao.ning 毛宁
rnd          | 电气工程师/Electrical Engineer          |                   | chang.yuan 常远, gu.bo 顾博
hr           | 人力资源经理/HR Manager                 | hr-officer        | chen.xi 陈曦
hr           | 人事专员/HR Officer                     | hr-officer        | qiu.shi 邱诗, hu.die 胡蝶, kang.jian 康健
it           | 系统管理员/System Administrator         | administrator     | admin 管理员
it           | 信息部经理/IT Manager                   |                   | peng.yu 彭宇
it           | 信息工程师/IT Engineer                  |                   | zeng.yi 曾毅, xiao.han 肖涵, ding.ning 丁宁
admin-office | 综合管理部经理/Administration Manager   |                   | wu.qian 吴倩
admin-office | 法务专员/Legal Officer                  |                   | xu.jing 许静
admin-office | 行政专员/Administration Officer         |                   | zhu.lin 朱琳, qi.yue 齐悦, jiang.shan 江珊, su.rui 苏睿
`

/** Numbers that other texts rely on. */
const fixed: Record<string, { number: number; crm?: string; erp: string }> = {
  admin: { number: 0, crm: 'U-0001', erp: '00000' },
  'zhao.lei': { number: 1, crm: 'U-1000', erp: '00001' },
  'li.na': { number: 7, crm: 'U-1001', erp: '00017' },
  'zhang.wei': { number: 12, crm: 'U-1002', erp: '00018' },
  'wang.fang': { number: 21, crm: 'U-1003', erp: '00021' },
  'chen.jie': { number: 31, erp: '00031' },
}

/** Who leads a department; everybody else in it reports to that person, and that person to the leader above. */
export const leaders: Record<string, string> = {
  hx: 'zhao.lei',
  sales: 'sun.hao',
  'sales-1': 'li.na',
  'sales-2': 'zheng.kai',
  'sales-key': 'he.min',
  finance: 'han.xue',
  supply: 'cheng.gang',
  production: 'jiang.tao',
  rnd: 'wan.jun',
  hr: 'chen.xi',
  it: 'peng.yu',
  'admin-office': 'wu.qian',
}

const rolesWithCrm = /^(sales-|accountant|finance-manager|general-manager|administrator)/

export type Colleague = Person & { roleIds: string[] }

/** Everybody, with the business roles given to them directly. */
export function createPeople(): Colleague[] {
  const colleagues: Colleague[] = []
  let nextNumber = 2
  let nextCrm = 1004
  const reserved = new Set(Object.values(fixed).map(entry => entry.number))
  for (const line of roster.trim().split('\n')) {
    const [departmentId, position, roles, names] = line.split('|').map(part => part.trim()) as [
      string,
      string,
      string,
      string,
    ]
    for (const entry of names.split(', ')) {
      const [username, name] = entry.split(' ') as [string, string]
      const known = fixed[username]
      while (!known && reserved.has(nextNumber)) nextNumber++
      const number = known?.number ?? nextNumber++
      const crm = known ? known.crm : rolesWithCrm.test(roles) ? `U-${nextCrm++}` : undefined
      colleagues.push({
        id: `e${String(number).padStart(4, '0')}`,
        username,
        name: { zh: name, en: englishName(username) },
        email: `${username}@huaxin.example`,
        phone: mobile(number),
        departmentId,
        position: splitText(position),
        managerId: null,
        active: true,
        locale: 'zh-CN',
        native: {
          ...(crm && { crm }),
          oa: username.replace('.', ''),
          erp: known?.erp ?? String(100 + number).padStart(5, '0'),
        },
        roleIds: roles ? roles.split('+') : [],
      })
    }
  }
  return linkManagers(colleagues).sort((a, b) => a.id.localeCompare(b.id))
}

function linkManagers(colleagues: Colleague[]): Colleague[] {
  const idOf = new Map(colleagues.map(person => [person.username, person.id]))
  const parentOf = new Map(departments.map(department => [department.id, department.parentId]))
  for (const person of colleagues) {
    const leadsOwn = leaders[person.departmentId] === person.username
    const department = leadsOwn ? parentOf.get(person.departmentId) : person.departmentId
    person.managerId = (department && idOf.get(leaders[department]!)) || null
  }
  return colleagues
}

function splitText(text: string): Text {
  const [zh, en] = text.split('/') as [string, string]
  return { zh, en }
}

function englishName(username: string): string {
  if (username === 'admin') return 'Administrator'
  return username.replace(/(^|\.)([a-z])/g, (_, dot: string, letter: string) => (dot ? ' ' : '') + letter.toUpperCase())
}

// Spread by a multiplier, so that neighbours in the list do not have neighbouring numbers.
const mobile = (number: number) =>
  `13${5 + (number % 5)}${String((number * 7_919_173 + 20_180_611) % 100_000_000).padStart(8, '0')}`

/** Department ids from the root down to `departmentId`. */
export function departmentPath(departmentId: string): string[] {
  const parentOf = new Map(departments.map(department => [department.id, department.parentId]))
  const path: string[] = []
  for (let id: string | null | undefined = departmentId; id; id = parentOf.get(id)) path.unshift(id)
  return path
}
