import { addDays, momentAt, workdayUpTo } from './calendar.ts'
import { waiting } from './office-waiting.ts'
import type { Colleague } from './people.ts'
import { pickExisting } from './pipeline.ts'
import { createRandom, type Random } from './random.ts'
import type {
  Approval,
  ApprovalKind,
  ApprovalStep,
  Claim,
  ClaimCategory,
  Contract,
  Customer,
  Day,
  DirtyRecord,
} from './types.ts'

const kinds: readonly (readonly [ApprovalKind, number])[] = [
  ['EXPENSE', 50],
  ['LEAVE', 20],
  ['PURCHASE', 12],
  ['SEAL', 8],
  ['SPECIAL_PRICE', 10],
]
const kindNames: Record<ApprovalKind, string> = {
  CONTRACT: '合同审批',
  SPECIAL_PRICE: '特价审批',
  EXPENSE: '费用报销',
  LEAVE: '请假',
  PURCHASE: '采购申请',
  SEAL: '用印申请',
}
const categories: readonly (readonly [ClaimCategory, string, number, number])[] = [
  ['TRAVEL', '差旅费', 900, 6800],
  ['ENTERTAINMENT', '业务招待费', 300, 3200],
  ['OFFICE', '办公用品', 80, 1500],
  ['TRANSPORT', '市内交通', 60, 600],
  ['TRAINING', '培训费', 800, 5000],
  ['MATERIAL', '试验材料', 400, 9000],
]
const places = ['武汉', '成都', '杭州', '宁波', '合肥', '青岛', '广州', '重庆', '徐州', '西安'] as const
const verdicts = ['同意', '同意', '同意，请按制度执行', '已核对，同意', '情况属实，同意'] as const
const refusals = ['票据不全，请补充后重新提交', '超出部门预算', '理由不充分，请补充说明', '请先与客户确认条款'] as const

type Draft = Omit<Approval, 'approvalId' | 'version' | 'currency'>

/** Approvals of 18 months, those waiting now, and the contracts and expense claims they are about. */
export function createOffice(people: Colleague[], customers: Customer[], today: Day) {
  const random = createRandom(10_001)
  const contracts = createContracts(random, customers, people, today)
  const drafts: Draft[] = []
  const categoryOf = new Map<Draft, ClaimCategory>()
  for (let daysAgo = 530; daysAgo >= 5; daysAgo--) {
    const day = addDays(today, -daysAgo)
    if (workdayUpTo(day) !== day) continue
    for (let count = random.int(1, 3); count > 0; count--)
      drafts.push(decided(random, people, customers, day, categoryOf))
  }
  const contractOf = new Map<Draft, Contract>()
  for (const contract of contracts.filter(({ signedOn }) => signedOn)) {
    const approval = contractApproval(random, contract, people)
    contractOf.set(approval, contract)
    drafts.push(approval)
  }
  for (let index = 0; index < 22; index++)
    drafts.push(undecided(random, people, customers, workdayUpTo(addDays(today, -random.int(1, 8))), categoryOf))
  for (const entry of waiting(people, customers, today)) {
    if (entry.contract) {
      contracts.push(entry.contract)
      contractOf.set(entry.approval, entry.contract)
    }
    if (entry.category) categoryOf.set(entry.approval, entry.category)
    drafts.push(entry.approval)
  }
  giveNumbers(contracts)
  for (const [approval, contract] of contractOf) approval.contractNo = contract.contractNo
  return { contracts, ...finish(drafts, categoryOf) }
}

function finish(drafts: Draft[], categoryOf: Map<Draft, ClaimCategory>) {
  const approvals: Approval[] = []
  const claims: Claim[] = []
  for (const [index, draft] of drafts.toSorted((a, b) => a.submittedAt.localeCompare(b.submittedAt)).entries()) {
    const approval: Approval = {
      approvalId: `AP-${String(index + 1).padStart(6, '0')}`,
      ...draft,
      currency: 'CNY',
      version: draft.history.length,
    }
    approvals.push(approval)
    if (draft.kind !== 'EXPENSE') continue
    claims.push({
      claimId: `CL-${String(claims.length + 1).padStart(5, '0')}`,
      requesterId: draft.requesterId,
      requesterName: draft.requesterName,
      department: draft.department,
      amount: draft.amount!,
      currency: 'CNY',
      category: categoryOf.get(draft)!,
      state: draft.state,
      submittedAt: draft.submittedAt,
      approvalId: approval.approvalId,
    })
  }
  return { approvals, claims }
}

/** A request as it is submitted: waiting with the requester's manager. */
function undecided(
  random: Random,
  people: Colleague[],
  customers: Customer[],
  day: Day,
  categoryOf: Map<Draft, ClaimCategory>,
): Draft {
  const kind = random.weighted(kinds)
  const forCustomer = kind === 'SPECIAL_PRICE'
  const requester = random.pick(
    people.filter(person => person.managerId && (!forCustomer || person.roleIds.includes('sales-rep'))),
  )
  const manager = people.find(person => person.id === requester.managerId)!
  const customer = forCustomer ? pickExisting(random, customers, day) : null
  const submittedAt = momentAt(day, random.int(515, 1020))
  const subject = subjectOf(random, kind, day, customer)
  const draft: Draft = {
    kind,
    title: `${kindNames[kind]}：${requester.name.zh}，${subject.text}`,
    requesterId: requester.native.oa!,
    requesterName: requester.name.zh,
    department: requester.departmentId,
    assigneeId: manager.native.oa!,
    state: 'PENDING',
    amount: subject.amount,
    custId: customer?.customerNo ?? null,
    contractNo: null,
    summary: subject.summary,
    submittedAt,
    dueAt: momentAt(addDays(day, 3), 1080),
    decidedAt: null,
    decidedBy: null,
    history: [{ at: submittedAt, userId: requester.native.oa!, action: 'SUBMIT', comment: '' }],
  }
  if (subject.category) categoryOf.set(draft, subject.category)
  return draft
}

function decided(
  random: Random,
  people: Colleague[],
  customers: Customer[],
  day: Day,
  categoryOf: Map<Draft, ClaimCategory>,
): Draft {
  const draft = undecided(random, people, customers, day, categoryOf)
  const outcome = random.weighted([
    ['APPROVED', 90],
    ['REJECTED', 7],
    ['WITHDRAWN', 3],
  ] as const)
  const by = outcome === 'WITHDRAWN' ? draft.requesterId : draft.assigneeId
  const sameDay = random.chance(0.6)
  const at = sameDay
    ? momentAt(day, random.int(1025, 1130))
    : momentAt(
        addDays(
          day,
          random.weighted([
            [1, 6],
            [2, 2],
            [4, 1],
          ]),
        ),
        random.int(520, 1080),
      )
  const steps = { APPROVED: 'APPROVE', REJECTED: 'REJECT', WITHDRAWN: 'WITHDRAW' } as const
  const comment =
    outcome === 'APPROVED' ? random.pick(verdicts) : outcome === 'REJECTED' ? random.pick(refusals) : '重新填写'
  const step: ApprovalStep = { at, userId: by, action: steps[outcome], comment }
  return Object.assign(draft, { state: outcome, decidedAt: at, decidedBy: by, history: [...draft.history, step] })
}

function subjectOf(random: Random, kind: ApprovalKind, day: Day, customer: Customer | null) {
  const plain = (text: string, amount: number | null, summary: string) => ({
    text,
    amount,
    summary,
    category: undefined as ClaimCategory | undefined,
  })
  if (kind === 'EXPENSE') {
    const [category, name, from, to] = random.weighted(
      categories.map((entry, index) => [entry, index === 0 ? 6 : 2] as const),
    )
    const amount = random.int(from * 100, to * 100)
    const text = category === 'TRAVEL' ? `${random.pick(places)}出差` : name
    return {
      text,
      amount,
      summary: `${name}，附票据 ${random.int(1, 12)} 张，在预算内`,
      category: category as ClaimCategory | undefined,
    }
  }
  if (kind === 'LEAVE') {
    const days = random.int(1, 4)
    return plain(
      `${addDays(day, 5).slice(5)} 起 ${days} 天`,
      null,
      `${random.pick(['年假', '事假', '调休', '病假'])} ${days} 天，工作已交接`,
    )
  }
  if (kind === 'PURCHASE')
    return plain(
      random.pick(['刀具与量具', '劳保用品', '检测设备配件', '办公设备', '叉车维保']),
      random.int(8, 420) * 500_00,
      '三家比价，见附件',
    )
  if (kind === 'SEAL')
    return plain(random.pick(['投标文件用印', '对账函用印', '授权书用印', '报价单用印']), null, '一式两份')
  const discount = random.int(6, 15)
  return plain(`${customer!.shortName}`, random.int(12, 160) * 10_000_00, `折扣 ${discount}%，客户承诺年内追加订单`)
}

function createContracts(random: Random, customers: Customer[], people: Colleague[], today: Day): Contract[] {
  const oaIdOf = new Map(people.map(person => [person.native.crm, person.native.oa!]))
  return Array.from({ length: 190 }, (_, index): Contract => {
    const signedOn = workdayUpTo(addDays(today, -530 + Math.floor((index / 190) * 520)))
    const customer = pickExisting(random, customers, signedOn)
    const validTo = addDays(signedOn, random.pick([180, 365, 365, 730]))
    const draft = index > 184
    return {
      contractNo: '',
      custId: customer.customerNo,
      custName: customer.name,
      title: `${customer.shortName} ${random.pick(['年度框架合同', '设备采购合同', '备件供应合同', '技术服务合同'])}`,
      amount: random.int(20, 480) * 10_000_00,
      currency: 'CNY',
      signedOn: draft ? null : signedOn,
      validFrom: signedOn,
      validTo,
      state: draft ? 'DRAFT' : validTo < today ? 'EXPIRED' : 'SIGNED',
      ownerId: oaIdOf.get(customer.ownerId)!,
    }
  })
}

/** Contracts take their numbers in the order of their start, year by year, as the OA gives them. */
function giveNumbers(contracts: Contract[]) {
  const serial = new Map<string, number>()
  for (const contract of contracts) {
    const year = contract.validFrom.slice(0, 4)
    serial.set(year, (serial.get(year) ?? 0) + 1)
    contract.contractNo = `HT-${year}-${String(serial.get(year)).padStart(4, '0')}`
  }
}

function contractApproval(random: Random, contract: Contract, people: Colleague[]): Draft {
  const owner = people.find(person => person.native.oa === contract.ownerId)!
  const boss = people.find(person => person.id === owner.managerId)!
  const signedOn = contract.signedOn!
  const submittedAt = momentAt(workdayUpTo(addDays(signedOn, -2)), random.int(520, 1000))
  const decidedAt = momentAt(signedOn, random.int(1001, 1080))
  return {
    kind: 'CONTRACT',
    title: `合同审批：${contract.title}`,
    requesterId: contract.ownerId,
    requesterName: owner.name.zh,
    department: owner.departmentId,
    assigneeId: boss.native.oa!,
    state: 'APPROVED',
    amount: contract.amount,
    custId: contract.custId,
    contractNo: null,
    summary: '法务已审，无重大修改',
    submittedAt,
    dueAt: momentAt(addDays(signedOn, 1), 1080),
    decidedAt,
    decidedBy: boss.native.oa!,
    history: [
      { at: submittedAt, userId: contract.ownerId, action: 'SUBMIT', comment: '' },
      { at: decidedAt, userId: boss.native.oa!, action: 'APPROVE', comment: '同意签署' },
    ],
  }
}

export function spoilOffice(contracts: Contract[], claims: Claim[]): DirtyRecord[] {
  const stray = contracts[23]!
  stray.custId = 'C00999'
  const negative = claims.find(claim => claim.state === 'REJECTED')!
  negative.amount = -negative.amount
  return [
    { system: 'oa', object: 'Contract', key: stray.contractNo, fault: 'customer unknown to the CRM' },
    { system: 'oa', object: 'Claim', key: negative.claimId, fault: 'amount below zero' },
  ]
}
