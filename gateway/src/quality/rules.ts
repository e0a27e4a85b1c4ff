import type { Text } from '../systems/types.ts'

/** What a record can break: a stable id, its name, and what whoever owns the data does about it. */
export interface QualityRule {
  id: string
  name: Text
  advice: Text
}

const list: readonly [id: string, zh: string, en: string, adviceZh: string, adviceEn: string][] = [
  [
    'key.missing',
    '缺少主键',
    'Key missing',
    '在系统里给这条记录补上编号；没有编号的记录不会出现在 Atrium 里。',
    'Give the record its number in the system; a record without one does not appear in Atrium.',
  ],
  [
    'key.duplicate',
    '主键重复',
    'Same key twice',
    '合并重复的记录，或改正其中一个编号；目前只显示第一条。',
    'Merge the records or correct one number; only the first is shown for now.',
  ],
  [
    'record.malformed',
    '不是一条记录',
    'Not a record',
    '接口在记录的位置给出了别的东西；请系统管理员检查接口。',
    'The interface gave something else where a record should stand; have its administrator look at it.',
  ],
  [
    'record.out_of_scope',
    '超出请求范围',
    'Outside what was asked for',
    '系统返回了不该给这个人看的记录，已拦下；请检查它的筛选条件。',
    'The system answered records this person must not see; they were held back. Check how it filters.',
  ],
  [
    'record.not_asked',
    '没有请求过的记录',
    'Not asked for',
    '系统返回了没有请求的编号；请检查按编号查询的接口。',
    'The system answered a number that was not asked for; check its look-up by number.',
  ],
  [
    'value.missing',
    '缺少必填值',
    'Required value missing',
    '在系统里补上这个值；如果它其实可以为空，请修改数据字典。',
    'Fill in the value in the system; if it may be empty after all, change the dictionary.',
  ],
  [
    'value.type',
    '类型不对',
    'Wrong type',
    '值的类型与数据字典不同；请检查映射，或在系统里改正。',
    'The value is of another type than the dictionary says; check the mapping or correct it in the system.',
  ],
  [
    'value.expression',
    '无法计算',
    'Cannot be computed',
    '映射里的表达式在这条记录上算不出来；请检查表达式和它用到的字段。',
    'The expression of the mapping fails on this record; check it and the fields it uses.',
  ],
  [
    'code.unknown',
    '未知代码',
    'Unknown code',
    '把这个代码加进数据字典的代码表，或在系统里改成已有的代码。',
    'Add the code to the list in the dictionary, or change it in the system to one that is there.',
  ],
  [
    'number.format',
    '数字格式不对',
    'Wrong number format',
    '数字里有千分位、全角字符、单位或字母；请在系统里只保留数字。',
    'There are separators, full-width characters, units or letters in the number; leave only digits in the system.',
  ],
  [
    'number.precision',
    '数字位数超出',
    'More digits than can be kept',
    '请系统以文本给出这个数字，否则末尾几位会丢失。',
    'Have the system give the number as text, or its last digits are lost.',
  ],
  [
    'number.range',
    '数值超出范围',
    'Number out of range',
    '核对并改正这个数值；范围写在数据字典里。',
    'Check and correct the number; the range stands in the dictionary.',
  ],
  [
    'unit.wrong',
    '单位不对',
    'Wrong unit',
    '核对单位或币种；不同单位的数不会相加。',
    'Check the unit or currency; numbers of different units are never added up.',
  ],
  [
    'date.impossible',
    '日期不存在',
    'No such date',
    '例如 13 月或 2 月 30 日；请在系统里改正。',
    'Such as month 13 or 30 February; correct it in the system.',
  ],
  [
    'time.zone',
    '时间没有时区',
    'Time without a zone',
    '时间要带时区（例如 +08:00）；请检查接口或映射。',
    'A time needs its zone, such as +08:00; check the interface or the mapping.',
  ],
  [
    'date.implausible',
    '日期不可信',
    'Date not to be believed',
    '例如公元 0202 年；请在系统里改正。',
    'Such as the year 0202; correct it in the system.',
  ],
  [
    'date.order',
    '先后颠倒',
    'End before start',
    '结束早于开始；请改正其中一个日期。',
    'It ends before it starts; correct one of the two dates.',
  ],
  [
    'text.form',
    '格式不对',
    'Wrong form',
    '文本不符合数据字典规定的写法；请在系统里改正。',
    'The text is not written as the dictionary asks; correct it in the system.',
  ],
  [
    'reference.dangling',
    '引用的对象不存在',
    'Refers to nothing',
    '编号指向的人或对象不存在；请改成在用的编号，或在 Atrium 里登记这个账号。',
    'The number leads to nobody; change it to one in use, or enter the account in Atrium.',
  ],
]

const known = new Map(list.map(([id, zh, en, adviceZh, adviceEn]) => [id, make(id, zh, en, adviceZh, adviceEn)]))

/** A rule that comes with Atrium, by its id; one of a company is in its dictionary (`declaredRules`). */
export function knownRule(id: string): QualityRule | undefined {
  return known.get(id)
}

/** What conversions and adapters say of a value, as the rule it breaks. */
export function ruleOfReason(reason: string): string {
  return byReason[reason] ?? (/unit|currency/.test(reason) ? 'unit.wrong' : 'value.type')
}

const byReason: Record<string, string> = {
  'no record': 'record.malformed',
  'no key': 'key.missing',
  'the same record twice': 'key.duplicate',
  missing: 'value.missing',
  'outside the scope that was asked for': 'record.out_of_scope',
  'was not asked for': 'record.not_asked',
  'unknown code': 'code.unknown',
  'no whole number': 'number.format',
  'no number': 'number.format',
  'no decimal number': 'number.format',
  'a number beyond exact decimals': 'number.precision',
  'no date of the calendar': 'date.impossible',
  'no time of the calendar': 'date.impossible',
  'no time with a zone': 'time.zone',
  'no time': 'value.type',
  'cannot be computed': 'value.expression',
}

function make(id: string, zh: string, en: string, adviceZh: string, adviceEn: string): QualityRule {
  return { id, name: { zh, en }, advice: { zh: adviceZh, en: adviceEn } }
}
