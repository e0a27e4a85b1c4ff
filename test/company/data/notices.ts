import { addDays, momentAt, workdayUpTo } from './calendar.ts'
import type { Colleague } from './people.ts'
import { departments } from './people.ts'
import { createRandom } from './random.ts'
import type { Announcement, Day, Task } from './types.ts'

type TaskRow = readonly [
  assignee: string,
  creator: string,
  title: string,
  description: string,
  priority: Task['priority'],
  dueInDays: number,
]

const openTasks: readonly TaskRow[] = [
  ['li.na', 'sun.hao', '提交下季度销售预测', '按客户与产品系列填写，周会前完成', 'HIGH', 1],
  ['li.na', 'chen.xi', '补充招聘编制说明', '华东区域销售 1 名，说明岗位职责与预算', 'NORMAL', 0],
  ['li.na', 'wang.fang', '核对本月应收', '与财务核对逾期客户的付款承诺', 'HIGH', 0],
  ['zhang.wei', 'li.na', '更新停滞商机的下一步', '超过 60 天没有进展的商机逐条填写', 'NORMAL', 1],
  ['zhang.wei', 'li.na', '准备来访接待材料', '案例资料与样机安排', 'HIGH', 0],
  ['wang.fang', 'han.xue', '月度结账检查表', '应收、应付、成本三项复核', 'HIGH', 2],
  ['wang.fang', 'han.xue', '配合年审询证', '核对询证函地址与余额', 'NORMAL', 4],
  ['chen.jie', 'cheng.gang', '季度盘点准备', '冻结时间与人员安排', 'NORMAL', 3],
  ['chen.jie', 'jiang.tao', '确认锻件到货日期', '影响两张在产订单', 'HIGH', 0],
  ['zhao.lei', 'wu.qian', '经营例会议题确认', '周一上午之前回复', 'NORMAL', 1],
  ['admin', 'peng.yu', '复核离职账号清单', '与人力资源部核对', 'NORMAL', 2],
]

const doneTitles = [
  '整理客户拜访记录',
  '提交周报',
  '复核供应商报价',
  '更新设备台账',
  '完成安全培训',
  '归档合同扫描件',
  '核对考勤',
  '试制总结报告',
] as const

/** Tasks waiting for the people of the demonstration, and finished ones of everybody. */
export function createTasks(people: Colleague[], today: Day): Task[] {
  const random = createRandom(11_001)
  const idOf = new Map(people.map(person => [person.username, person.native.oa!]))
  const done = Array.from({ length: 160 }, (_, index) => {
    const day = addDays(today, -Math.max(2, 300 - Math.floor(index * 1.87)))
    const person = random.pick(people)
    const creator = people.find(candidate => candidate.id === person.managerId) ?? person
    return {
      title: random.pick(doneTitles),
      description: '',
      assigneeId: person.native.oa!,
      creatorId: creator.native.oa!,
      state: 'DONE' as const,
      priority: 'NORMAL' as const,
      createdAt: momentAt(addDays(day, -random.int(1, 6)), 560),
      dueAt: momentAt(day, 1080),
      doneAt: momentAt(addDays(day, -random.int(0, 1)), random.int(600, 1080)),
    }
  })
  const open = openTasks.map(([assignee, creator, title, description, priority, dueInDays], index) => ({
    title,
    description,
    assigneeId: idOf.get(assignee)!,
    creatorId: idOf.get(creator)!,
    state: 'OPEN' as const,
    priority,
    createdAt: momentAt(workdayUpTo(addDays(today, -1 - (index % 4))), 540 + index * 17),
    dueAt: momentAt(addDays(today, dueInDays), 1080),
    doneAt: null,
  }))
  return [...done, ...open].map((task, index) => ({ taskId: `TK-${String(index + 1).padStart(5, '0')}`, ...task }))
}

type NoticeRow = readonly [title: string, body: string, department: string, daysAgo: number, mustRead: boolean]

const notices: readonly NoticeRow[] = [
  [
    '下月起差旅标准调整，武汉、成都上浮 8%',
    '住宿与餐补标准见附件，下月 1 日起执行；已出行的按出发日标准。请在本周内确认。',
    'finance',
    1,
    true,
  ],
  ['二期厂房启用新发货口', '下月 1 日起成品由 3 号门发运，来访车辆请提前一天登记。', 'production', 3, false],
  ['信息安全提醒：谨防仿冒登录页', '统一登录只有一个地址；任何索要验证码的电话都不是信息部打来的。', 'it', 5, true],
  ['年度体检预约开始', '体检时间为下月中旬，名额先到先得。', 'hr', 9, false],
  ['季度质量例会纪要', '一次合格率 98.6%，较上季度提高 0.4 个百分点。', 'production', 14, false],
  ['华东客户技术交流日', '邀请函已寄出，各团队请确认到会名单。', 'sales', 20, false],
  ['新版合同模板发布', '即日起新签合同使用 2.3 版模板，旧版停用。', 'admin-office', 31, true],
  ['仓库盘点期间停止出入库', '盘点两天，紧急领用请联系陈杰。', 'supply', 47, false],
  ['优秀员工评选结果', '恭喜获奖同事，名单见附件。', 'hr', 66, false],
  ['中秋放假安排', '放假三天，值班表见附件。', 'admin-office', 88, false],
]

export const createAnnouncements = (today: Day): Announcement[] =>
  notices
    .map(([title, body, department, daysAgo, mustRead]) => ({
      title,
      body,
      department: departments.find(one => one.id === department)?.name.zh ?? department,
      publishedAt: momentAt(addDays(today, -daysAgo), 510),
      mustRead,
    }))
    .reverse()
    .map((notice, index) => ({ announcementId: `AN-${String(index + 1).padStart(4, '0')}`, ...notice }))
