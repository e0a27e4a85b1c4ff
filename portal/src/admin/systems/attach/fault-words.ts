/** The gateway's words about a text are English; those that are met most, in Chinese. `$1` is what they name. */
const words: readonly [RegExp, string][] = [
  [/^the secret (\w+) is not set$/, '密钥 $1 还没有设置'],
  [/^"(.*)" is no name of a secret.*$/, '“$1”不能作密钥名：只能用字母、数字和下划线'],
  [/^a secret may not stand in (\w+), which is shown$/, '$1 会显示给人看，这里不能用密钥'],
  [
    /^the environment variable (\w+) may not be read here; systems\.yaml uses (.+) for this system$/,
    '这里不能读环境变量 $1；systems.yaml 给这个系统用的是 $2',
  ],
  [
    /^the environment variable (\w+) may not be read here; keep it as a secret and write (.+)$/,
    '这里不能读环境变量 $1；存成密钥，写作 $2',
  ],
  [/^must be the entry of one system.*$/, '这里要写一个系统的定义：name、url、protocol、authentication、entities 等'],
  [/^Invalid input: expected (\w+), received undefined$/, '缺这一项，类型是 $1'],
  [/^Invalid input: expected (\w+), received (\w+)$/, '类型应是 $1，现在是 $2'],
  [/^Invalid option: expected one of (.+)$/, '只能是其中之一：$1'],
  [/^Invalid input$/, '写法不对'],
  [/^Unrecognized keys?: (.+)$/, '不认识的键：$1'],
  [/^Too small: expected (?:string to have >=|number to be >)\s*(.+?)(?: characters)?$/, '太短或太小，至少 $1'],
  [/^Too big: expected (?:string to have <=|number to be <=?)\s*(.+?)(?: characters)?$/, '太长或太大，至多 $1'],
  [/^Map keys must be unique.*$/s, '同一层里有重复的键'],
  [/^(\S+) maps (\w+), which the dictionary does not have$/, '$1 映射了 $2，字典里没有这个类型'],
  [/^(\S+) maps the field (\w+), which (\w+) does not have$/, '$1 映射了字段 $2，$3 没有这个字段'],
  [/^(\S+): scope names the filter (\w+), which is not there$/, '$1：scope 用到的筛选 $2 不存在'],
  [/^(\S+): there is no time zone (.+)$/, '$1：没有时区 $2'],
  [
    /^(\S+) has no operation ([^;]+); (?:its entity sets are|it has|its operations are) (.+)$/,
    '$1 没有接口 $2；它有 $3',
  ],
  [/^(\S+) has no operation (\S+)$/, '$1 没有接口 $2'],
  [/^(\S+) has no property (.+)$/, '$1 没有属性 $2'],
  [/^(\S+) takes no ([^:]+)(?:: .*)?$/, '$1 不接受参数 $2'],
  [/^(\S+) answers no (\S+)(?:: .*)?$/, '$1 的应答里没有 $2'],
  [/^there is no connector "(.+)".*$/, '没有名为“$1”的连接器'],
  [/^(\S+): settings\.(\w+) is missing \((.+) \/ .+\)(.*)$/, '$1：缺设置 $2（$3）$4'],
  [/^(\S+): settings\.(\w+) is not known to its connector(.*)$/, '$1：连接器不认识设置 $2$3'],
  [
    /^(?:\S*\/)?(\w+)(?:\.graphql)?(?::\d+:\d+)?: Cannot query field "(\w+)" on type "(\w+)".*$/,
    '存储的操作 $1 用到 $3.$2，发布后就没有了',
  ],
  [
    /^(?:\S*\/)?(\w+)(?:\.graphql)?(?::\d+:\d+)?: Unknown argument "(\w+)" on field "([\w.]+)".*$/,
    '存储的操作 $1 按 $2 查询 $3，发布后不能再这样查',
  ],
  [/^(?:\S*\/)?(\w+)(?:\.graphql)?(?::\d+:\d+)?: Unknown type "(\w+)".*$/, '存储的操作 $1 用到类型 $2，发布后就没有了'],
  [/^link-local addresses and metadata services.*$/, '不能写本机链路地址和元数据服务（169.254.0.0/16、fe80::/10 等）'],
  [
    /^a folder outside CONFIG_DIR can only be named in systems\.yaml$/,
    'CONFIG_DIR 以外的文件夹只能写在 systems.yaml 里',
  ],
  [/^there is no revision (\d+)$/, '没有版本 $1'],
  [/^is longer than (\d+) characters$/, '超过 $1 个字符'],
  [
    /^Flow (?:map|sequence) in block collection must be sufficiently indented and end with a (\S)$/,
    '缺右括号 $1，或者缩进不够',
  ],
  [/^Missing closing (\S)quote$/, '引号 $1 没有成对'],
  [/^Unexpected .+ (?:token in YAML stream|at node end).*$/, '这里不该有内容；检查缩进和标点'],
  [/^Tabs are not allowed as indentation.*$/, '缩进只能用空格，不能用 Tab'],
  [/^All (?:mapping|sequence) items must start at the same column$/, '同一层的各项要从同一列开始'],
  [
    /^(?:Implicit keys need to be on a single line|Implicit map keys need to be followed by map values)$/,
    '键后面要有冒号和值',
  ],
  [/^Nested mappings are not allowed in compact mappings$/, '一行里只能有一个“键: 值”；值里有冒号时加引号'],
  [/^A block sequence may not be used as an implicit map key$/, '列表不能当键用；检查缩进'],
  [/^Unresolved alias .*$/, '引用的锚点不存在'],
]

/** A fault in Chinese; undefined when it is not among those that are known. */
export function faultWords(message: string): string | undefined {
  for (const [pattern, text] of words) if (pattern.test(message)) return message.replace(pattern, text)
  // What it is about may stand before it: `erp.Customer: erp has no operation …`
  const [, subject, rest] = /^([\w.-]+): (.+)$/s.exec(message) ?? []
  const said = rest && faultWords(rest)
  return said && `${subject}：${said}`
}
