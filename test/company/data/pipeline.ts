import { addDays, daysBetween, momentAt, workdayUpTo } from './calendar.ts'
import type { Colleague } from './people.ts'
import { createRandom, type Random } from './random.ts'
import type { Channel, Customer, Day, DirtyRecord, FollowUp, Opportunity, Stage } from './types.ts'

const subjects = [
  '减速机批量采购',
  '产线改造',
  '备件年度框架',
  '新厂区传动系统',
  '老设备替换',
  '样机试用',
  '联轴器配套',
  '行星减速机选型',
  '出口机型配套',
  '维保服务',
]
const nextSteps: Record<Stage, readonly string[]> = {
  LEAD: ['电话确认需求', '寄送样本', '约首次拜访'],
  QUALIFIED: ['收集工况参数', '技术交流', '确认选型方案'],
  QUOTED: ['等待技术确认', '跟进报价反馈', '核对交期'],
  NEGOTIATION: ['商务条款谈判', '提交特价申请', '起草合同'],
  WON: ['转订单执行'],
  LOST: ['半年后回访'],
}
const probabilities: Record<Stage, number> = { LEAD: 10, QUALIFIED: 30, QUOTED: 50, NEGOTIATION: 75, WON: 100, LOST: 0 }

export function createOpportunities(customers: Customer[], today: Day, count: number) {
  const random = createRandom(5001)
  const opportunities: Opportunity[] = []
  for (let index = 0; index < count; index++) {
    const ageDays = Math.max(1, Math.floor(540 * (1 - Math.sqrt(index / count)) ** 0.9))
    const createdOn = addDays(today, -ageDays)
    const customer = pickExisting(random, customers, createdOn)
    const stage = stageAt(random, ageDays)
    const closed = stage === 'WON' || stage === 'LOST'
    const updatedOn = addDays(
      createdOn,
      closed ? Math.min(ageDays - 1, random.int(20, 110)) : ageDays - Math.min(ageDays, random.int(1, 30)),
    )
    const expectedClose = closed ? updatedOn : addDays(today, random.int(3, 100))
    opportunities.push({
      oppId: `OP-${String(index + 1).padStart(5, '0')}`,
      customerNo: customer.customerNo,
      title: `${customer.shortName} ${random.pick(subjects)}`,
      stage,
      amount: amountFor(random, customer),
      currency: 'CNY',
      probability: probabilities[stage],
      ownerId: customer.ownerId,
      expectedClose,
      nextStep: random.pick(nextSteps[stage]),
      createdAt: momentAt(createdOn, random.int(510, 1040)),
      updatedAt: momentAt(updatedOn, random.int(1041, 1100)),
    })
  }
  return opportunities
}

function stageAt(random: Random, ageDays: number): Stage {
  if (ageDays > 240)
    return random.weighted([
      ['WON', 42],
      ['LOST', 56],
      ['QUALIFIED', 1],
      ['NEGOTIATION', 1],
    ])
  if (ageDays > 100)
    return random.weighted([
      ['WON', 32],
      ['LOST', 38],
      ['QUALIFIED', 7],
      ['QUOTED', 13],
      ['NEGOTIATION', 10],
    ])
  if (ageDays > 30)
    return random.weighted([
      ['WON', 14],
      ['LOST', 14],
      ['LEAD', 20],
      ['QUALIFIED', 26],
      ['QUOTED', 18],
      ['NEGOTIATION', 8],
    ])
  return random.weighted([
    ['WON', 3],
    ['LOST', 3],
    ['LEAD', 58],
    ['QUALIFIED', 26],
    ['QUOTED', 8],
    ['NEGOTIATION', 2],
  ])
}

function amountFor(random: Random, customer: Customer): number {
  const scale = customer.level === 'A' ? 4 : customer.level === 'B' ? 2 : 1
  return Math.round((8 + random.next() ** 2 * 92) * scale) * 10_000_00
}

const channels: readonly (readonly [Channel, number])[] = [
  ['PHONE', 5],
  ['WECHAT', 4],
  ['VISIT', 3],
  ['EMAIL', 2],
  ['MEETING', 1],
]
const plans: Record<Channel, readonly string[]> = {
  PHONE: ['确认交期与备件价格', '跟进报价反馈', '了解下半年采购计划', '核对对账单与回款日期'],
  WECHAT: ['发送选型资料', '确认样机试用情况', '提醒合同回传'],
  VISIT: ['到厂了解工况并交流方案', '拜访设备部，介绍新机型', '现场勘测安装位置'],
  EMAIL: ['发送报价单与技术规格书', '回复技术澄清问题'],
  MEETING: ['方案评审会', '商务条款沟通会'],
}
const results = {
  converted: ['客户同意报价，已建商机', '进入商务谈判', '确认选型，要求出正式报价', '签订试用协议'],
  open: [
    '客户暂无预算，下季度再联系',
    '等待技术部门确认',
    '已发资料，客户在比较',
    '负责人出差，改日再约',
    '反馈交期偏长，需内部协调',
  ],
}

/** Who starts the day with follow-ups, and at which minutes of the day. */
const dueToday: Record<string, number[]> = {
  'li.na': [630, 840, 960],
  'zhang.wei': [570, 630, 840, 900, 990],
  'zhao.lei': [660],
}

export function createFollowUps(customers: Customer[], opportunities: Opportunity[], people: Colleague[], today: Day) {
  const random = createRandom(5002)
  const followUps: FollowUp[] = []
  const openAmount = new Map<string, number>()
  for (const { stage, customerNo, amount } of opportunities)
    if (stage !== 'WON' && stage !== 'LOST')
      openAmount.set(customerNo, Math.max(amount, openAmount.get(customerNo) ?? 0))
  const add = (customer: Customer, day: Day, minute: number, ownerId: string, done: boolean, leadDays: number) => {
    const channel = random.weighted(channels)
    const converted = done && random.chance(0.2)
    followUps.push({
      followUpId: '',
      customerNo: customer.customerNo,
      ownerId,
      dueAt: momentAt(day, minute),
      channel,
      content: random.pick(plans[channel]),
      status: done ? 'DONE' : 'PLANNED',
      result: done ? random.pick(converted ? results.converted : results.open) : null,
      converted,
      opportunityAmount: openAmount.get(customer.customerNo) ?? null,
      createdAt: momentAt(addDays(day, -leadDays), 495),
      doneAt: done ? momentAt(day, Math.min(1130, minute + random.int(5, 60))) : null,
    })
  }
  for (let ageDays = 530; ageDays >= 1; ageDays--) {
    const day = addDays(today, -ageDays)
    if (workdayUpTo(day) !== day) continue
    for (let visit = random.int(6, 11); visit > 0; visit--) {
      const customer = pickExisting(random, customers, day)
      add(
        customer,
        day,
        random.int(108, 206) * 5,
        customer.ownerId,
        true,
        Math.min(random.int(1, 14), daysBetween(customer.createdAt.slice(0, 10), day)),
      )
    }
  }
  for (const [username, minutes] of Object.entries(dueToday)) {
    const owner = people.find(person => person.username === username)!
    const own = customers.filter(customer => customer.ownerId === owner.native.crm)
    const keyAccounts = customers.filter(customer => customer.level === 'A' && customer.ownerDepartment === 'sales-key')
    for (const [at, minute] of minutes.entries())
      add((own.length ? own : keyAccounts)[at * 3]!, today, minute, owner.native.crm!, false, 3)
  }
  // Planned ahead, and a few left undone: createdAt never lies in the future.
  for (let index = 0; index < 180; index++) {
    const ahead = index < 14 ? -random.int(1, 12) : random.int(1, 24)
    const customer = random.pick(customers)
    add(customer, addDays(today, ahead), random.int(108, 206) * 5, customer.ownerId, false, Math.max(1, ahead + 1))
  }
  for (const [index, followUp] of followUps.entries()) followUp.followUpId = `FU-${String(index + 1).padStart(6, '0')}`
  return followUps
}

/** A customer who was one already on that day; those of level A come up more often. */
export function pickExisting(random: Random, customers: Customer[], day: Day): Customer {
  for (;;) {
    const customer = random.pick(customers)
    if (
      customer.createdAt.slice(0, 10) <= day &&
      random.chance(customer.level === 'A' ? 1 : customer.level === 'B' ? 0.6 : 0.3)
    )
      return customer
  }
}

export function spoilOpportunities(opportunities: Opportunity[]): DirtyRecord[] {
  const overconfident = opportunities.at(-40)!
  overconfident.probability = 120
  const stepless = opportunities.findLast(({ stage }) => stage === 'NEGOTIATION')!
  stepless.nextStep = ''
  return [
    { system: 'crm', object: 'Opportunity', key: overconfident.oppId, fault: 'probability above 100' },
    { system: 'crm', object: 'Opportunity', key: stepless.oppId, fault: 'next step not filled in' },
  ]
}
