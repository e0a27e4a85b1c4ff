import { addDays, momentAt, workdayUpTo } from './calendar.ts'
import type { Colleague } from './people.ts'
import type { Approval, ApprovalKind, ApprovalStep, ClaimCategory, Contract, Customer, Day } from './types.ts'

type Waiting = {
  approval: Omit<Approval, 'approvalId' | 'version' | 'currency'>
  contract?: Contract
  category?: ClaimCategory
}

type Row = readonly [
  assignee: string,
  requester: string,
  kind: ApprovalKind,
  title: string,
  yuan: number | null,
  summary: string,
  submittedDaysAgo: number,
  dueInDays: number,
  extra?: { customer?: number; contract?: boolean; category?: ClaimCategory; forwardedBy?: string },
]

/** What lies before the people of the demonstration on the first morning, as they would find it. `customer` counts within the requester's own. */
const rows: readonly Row[] = [
  [
    'li.na',
    'zhang.wei',
    'CONTRACT',
    '合同审批：{c}，{y} 年度框架合同',
    3_200_000,
    '法务已审，3 处修改已标出；账期 45 天，预付 30%',
    1,
    0,
    { customer: 0, contract: true },
  ],
  [
    'li.na',
    'zhang.wei',
    'SPECIAL_PRICE',
    '特价审批：{c}，减速机 24 台',
    1_286_000,
    '折扣 12%，超出授权 2 个百分点',
    3,
    -1,
    { customer: 1 },
  ],
  [
    'li.na',
    'zhou.min',
    'CONTRACT',
    '合同审批：{c}，设备采购合同',
    864_000,
    '标准条款，法务无修改',
    2,
    1,
    { customer: 0, contract: true },
  ],
  [
    'li.na',
    'zhang.wei',
    'EXPENSE',
    '差旅报销：张伟，武汉四天',
    4826.5,
    '差旅费，附票据 9 张，在预算内',
    1,
    0,
    { category: 'TRAVEL' },
  ],
  [
    'li.na',
    'liu.yang',
    'EXPENSE',
    '业务招待：刘洋，{c}来访',
    1_980,
    '招待 6 人，在预算内',
    1,
    2,
    { category: 'ENTERTAINMENT', customer: 0 },
  ],
  ['li.na', 'zhou.min', 'LEAVE', '请假：周敏，两天年假', null, '年假余 6 天，与团队日程无冲突', 1, 1],
  [
    'li.na',
    'ma.chao',
    'SPECIAL_PRICE',
    '特价审批：{c}，联轴器 60 套',
    214_000,
    '折扣 8%，客户承诺年内追加',
    1,
    2,
    { customer: 0 },
  ],
  ['li.na', 'song.jing', 'SEAL', '用印申请：对账函 12 份', null, '一式两份，寄客户财务', 1, 1],
  ['zhang.wei', 'song.jing', 'SEAL', '用印确认：{c}报价单', null, '请核对价格后确认', 1, 1, { customer: 0 }],
  [
    'zhao.lei',
    'sun.hao',
    'CONTRACT',
    '合同审批：{c}，两年战略合作协议',
    12_600_000,
    '法务与财务已会签；总额两年累计',
    2,
    0,
    { customer: 0, contract: true },
  ],
  [
    'zhao.lei',
    'he.min',
    'SPECIAL_PRICE',
    '特价审批：{c}，行星减速机 120 台',
    4_180_000,
    '折扣 15%，毛利 19.8%',
    1,
    1,
    { customer: 0 },
  ],
  ['zhao.lei', 'cheng.gang', 'PURCHASE', '采购申请：锻件年度协议', 2_350_000, '三家比价，单价较上年低 3%', 3, -1],
  ['zhao.lei', 'jiang.tao', 'PURCHASE', '采购申请：数控滚齿机一台', 1_860_000, '替换 2011 年设备，回收期 3.2 年', 5, 2],
  [
    'zhao.lei',
    'wu.qian',
    'EXPENSE',
    '展会预算：工业博览会',
    268_000,
    '展位与搭建，含差旅',
    2,
    3,
    { category: 'TRAVEL' },
  ],
  ['zhao.lei', 'han.xue', 'LEAVE', '请假：韩雪，三天', null, '月结后休假，王芳代理', 1, 2],
  [
    'wang.fang',
    'wu.bin',
    'EXPENSE',
    '差旅报销：吴斌，成都五天',
    6_312,
    '差旅费，附票据 14 张',
    3,
    0,
    { category: 'TRAVEL', forwardedBy: 'zheng.kai' },
  ],
  [
    'wang.fang',
    'guo.qiang',
    'EXPENSE',
    '业务招待：郭强，客户验收',
    2_740,
    '招待 8 人，主管已同意',
    2,
    1,
    { category: 'ENTERTAINMENT', forwardedBy: 'he.min' },
  ],
  [
    'wang.fang',
    'duan.lei',
    'EXPENSE',
    '试验材料：段磊，疲劳试样',
    8_460,
    '试验材料，附发票',
    4,
    -1,
    { category: 'MATERIAL', forwardedBy: 'wan.jun' },
  ],
  [
    'wang.fang',
    'tang.yue',
    'EXPENSE',
    '市内交通：唐悦，十月',
    436.8,
    '附行程单',
    2,
    2,
    { category: 'TRANSPORT', forwardedBy: 'li.na' },
  ],
  [
    'wang.fang',
    'qiu.shi',
    'EXPENSE',
    '培训费：邱诗，劳动法课程',
    3_600,
    '培训通知与发票见附件',
    1,
    3,
    { category: 'TRAINING', forwardedBy: 'chen.xi' },
  ],
  ['chen.jie', 'cai.yong', 'PURCHASE', '领用确认：样机 HX-K97 两台', null, '展会借用，两周内归还', 1, 1],
  ['chen.jie', 'du.juan', 'PURCHASE', '采购复核：轴承 400 套', 118_000, '低于安全库存，按协议价', 1, 1],
  ['cheng.gang', 'chen.jie', 'PURCHASE', '采购申请：油封与密封件', 46_200, '按安全库存补货', 1, 2],
  ['han.xue', 'wang.fang', 'SEAL', '用印申请：审计询证函', null, '年审用，共 26 份', 1, 1],
  ['peng.yu', 'admin', 'PURCHASE', '采购申请：备份存储扩容', 58_000, '现有容量剩余 12%', 2, 2],
]

/** The approvals that wait for the people of the demonstration, with the contracts in approval. */
export function waiting(people: Colleague[], customers: Customer[], today: Day): Waiting[] {
  const byName = new Map(people.map(person => [person.username, person]))
  return rows.map(
    (
      [assigneeName, requesterName, kind, title, yuanAmount, summary, submittedDaysAgo, dueInDays, extra = {}],
      index,
    ) => {
      const assignee = byName.get(assigneeName)!
      const requester = byName.get(requesterName)!
      const customer = extra.customer === undefined ? null : customerOf(customers, requester, extra.customer)
      const amount = yuanAmount === null ? null : Math.round(yuanAmount * 100)
      const day = workdayUpTo(addDays(today, -submittedDaysAgo))
      const submittedAt = momentAt(day, 540 + index * 13)
      const history: ApprovalStep[] = [{ at: submittedAt, userId: requester.native.oa!, action: 'SUBMIT', comment: '' }]
      if (extra.forwardedBy)
        history.push({
          at: momentAt(day, 1070),
          userId: byName.get(extra.forwardedBy)!.native.oa!,
          action: 'FORWARD',
          comment: '同意，请财务复核',
        })
      const text = title.replace('{c}', customer?.shortName ?? '').replace('{y}', String(Number(today.slice(0, 4)) + 1))
      const approval = {
        kind,
        title: text,
        requesterId: requester.native.oa!,
        requesterName: requester.name.zh,
        department: requester.departmentId,
        assigneeId: assignee.native.oa!,
        state: 'PENDING' as const,
        amount,
        custId: customer?.customerNo ?? null,
        contractNo: null,
        summary,
        submittedAt,
        dueAt: momentAt(addDays(today, dueInDays), 1080),
        decidedAt: null,
        decidedBy: null,
        history,
      }
      const contract: Contract | undefined = extra.contract
        ? {
            contractNo: '',
            custId: customer!.customerNo,
            custName: customer!.name,
            title: text.replace('合同审批：', '').replace('，', ' '),
            amount: amount!,
            currency: 'CNY',
            signedOn: null,
            validFrom: addDays(today, 14),
            validTo: addDays(today, 379),
            state: 'IN_APPROVAL',
            ownerId: requester.native.oa!,
          }
        : undefined
      return { approval, ...(contract && { contract }), ...(extra.category && { category: extra.category }) }
    },
  )
}

/** A customer of the requester's, else one of the requester's team. */
function customerOf(customers: Customer[], requester: Colleague, position: number): Customer {
  const own = customers.filter(customer => customer.ownerId === requester.native.crm && customer.status === 'ACTIVE')
  const team = customers.filter(
    customer => customer.ownerDepartment === requester.departmentId && customer.status === 'ACTIVE',
  )
  const key = customers.filter(
    customer => customer.ownerDepartment === 'sales-key' && customer.level === 'A' && customer.status === 'ACTIVE',
  )
  return (own[position] ?? team[position] ?? key[position])!
}
