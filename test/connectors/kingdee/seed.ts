import type { Store } from './store.ts'

/** A small company in Kingdee, with what is dirty in every real one: blanks, no salesperson, no due date, another organisation. */
export function seed(store: Store): void {
  store.add('BD_Currency', { FNUMBER: 'PRE001', FCODE: 'CNY' })

  const customer = (FNumber: string, FName: string, more: Record<string, string | null> = {}): void =>
    store.add('BD_Customer', {
      FNumber,
      FName,
      FForbidStatus: 'A',
      FDocumentStatus: 'C',
      FCreateDate: '2026-02-01T00:30:00',
      'FUseOrgId.FNumber': '100',
      'FSELLER.FName': '李娜',
      ...more,
    })
  customer('C001', '北京远航', {
    FShortName: '远航',
    FAddress: '中关村 1 号',
    FSOCIALCRECODE: '91110000X',
    FCreateDate: '2026-02-01T00:30:00.123',
  })
  customer('C002', "O'Brien & Söhne")
  customer('C003', '50%_折扣[店]', { 'FSELLER.FName': '王芳' })
  customer('C004', '已禁用', { FForbidStatus: 'B' })
  customer('C001', '北京远航', { 'FUseOrgId.FNumber': '200' })
  for (let n = 1; n <= 25; n += 1) customer(`K${String(n).padStart(3, '0')}`, `客户 ${n}`)

  const order = (
    FBillNo: string,
    more: Record<string, string | null>,
    lines: Record<string, string | number>[],
  ): void =>
    store.add(
      'SAL_SaleOrder',
      {
        FBillNo,
        FDate: '2026-03-01T00:00:00',
        FDocumentStatus: 'C',
        FCloseStatus: 'A',
        'FCustId.FNumber': 'C001',
        'FCustId.FName': '北京远航',
        'FSalerId.FName': '李娜',
        'FSaleOrgId.FNumber': '100',
        FBillAmount: '1000.10',
        'FSettleCurrId.FCODE': 'CNY',
        ...more,
      },
      lines.map((line, index) => ({ FSeq: index + 1, FPrice: '1', FAllAmount: '1', ...line })),
    )
  const line = (material: string, FQty: string, FAmount: string): Record<string, string> => ({
    'FMaterialId.FNumber': material,
    FQty,
    FAmount,
  })
  order('XSDD0001', { FBillAmount: '12345678901234567.89' }, [line('M11', '40.5', '100.1'), line('M12', '2', '900')])
  order('XSDD0002', { FDate: '2026-03-05T00:00:00', FCloseStatus: 'B' }, [line('M11', '1', '12.5')])
  order('XSDD0003', { FDocumentStatus: 'Z' }, [line('M11', '1', '1')])
  order('XSDD0004', { 'FCustId.FNumber': 'C003', 'FCustId.FName': '50%_折扣[店]', 'FSalerId.FName': '王芳' }, [
    line('M12', '3', '90'),
  ])
  order('XSDD0005', { FDocumentStatus: 'B', FDate: '2026-03-06T00:00:00' }, [line('M12', '3', '90')])
  order('XSDD0006', { FDocumentStatus: 'A', FDate: '2026-03-07T00:00:00' }, [line('M12', '3', '90')])
  order('XSDD0009', { 'FSaleOrgId.FNumber': '200', FDate: '2026-03-09T00:00:00' }, [line('M12', '3', '90')])

  const receivable = (FBillNo: string, more: Record<string, string | null> = {}): void =>
    store.add('AR_receivable', {
      FBillNo,
      FDATE: '2026-03-10T00:00:00',
      FENDDATE_H: '2026-04-09T00:00:00',
      FDocumentStatus: 'C',
      FCancelStatus: 'A',
      'FCUSTOMERID.FNumber': 'C001',
      'FCUSTOMERID.FName': '北京远航',
      'FSETTLEORGID.FNumber': '100',
      'FSALEERID.FName': '李娜',
      'FCURRENCYID.FCODE': 'CNY',
      FALLAMOUNTFOR: '1130.11',
      ...more,
    })
  receivable('AR0001')
  receivable('AR0002', { FENDDATE_H: null })
  receivable('AR0003', { FCancelStatus: 'B' })
  receivable('AR0004', { FDocumentStatus: 'A' })

  const material = (FNumber: string, FName: string): void =>
    store.add('BD_MATERIAL', {
      FNumber,
      FName,
      FForbidStatus: 'A',
      'FMaterialGroup.FName': '零件',
      'FBaseUnitId.FName': '件',
      'FUseOrgId.FNumber': '100',
    })
  material('M11', '轴承')
  material('M12', '法兰')
  const stock = (FID: string, number: string, name: string, FQty: string): void =>
    store.add('STK_Inventory', {
      FID,
      'FMaterialId.FNumber': number,
      'FMaterialId.FName': name,
      'FStockId.FName': '上海仓',
      'FStockOrgId.FNumber': '100',
      'FStockStatusId.FName': '可用',
      FQty,
      FBaseQty: FQty,
    })
  stock('8f0a-1', 'M11', '轴承', '40.5000000000')
  stock('8f0a-2', 'M12', '法兰', '0')

  store.add(
    'PUR_PurchaseOrder',
    {
      FBillNo: 'CGDD0001',
      FDate: '2026-03-02T00:00:00',
      FDocumentStatus: 'C',
      'FSupplierId.FNumber': 'S01',
      'FSupplierId.FName': '钢厂',
      'FPurchaseOrgId.FNumber': '100',
      'FPurchaserId.FName': '赵强',
      FBillAllAmount: '565',
      'FSettleCurrId.FCODE': 'CNY',
    },
    [
      {
        FPOOrderEntry_FEntryID: 501,
        ...line('M11', '5', '500'),
        FReceiveQty: '3',
        FStockInQty: '2',
        FAllAmount: '565',
      },
      { FPOOrderEntry_FEntryID: 502, ...line('M12', '1', '0'), FReceiveQty: '0', FStockInQty: '0', FAllAmount: '0' },
    ],
  )

  const assignment = (id: string, number: string, receiver: string, more: Record<string, string | null> = {}): void =>
    store.add('WF_AssignmentBill', {
      FAssignId: `a-${id}`,
      FReceiverItem_FRECEIVERITEMID: id,
      FObjectTypeId: 'SAL_SaleOrder',
      FBILLNUMBER: number,
      FTitle: `销售订单 ${number} 待审批`,
      FASSIGNNAME: '经理审批',
      FStatus: '0',
      FActivityStatus: '0',
      FInstStatus: '2',
      FReceiverId: 100_001,
      'FReceiverId.FName': receiver,
      FCreateTime: '2026-03-06T09:30:00',
      ...more,
    })
  assignment('9001', 'XSDD0005', '陈总')
  assignment('9002', 'XSDD0005', '李娜', { FCreateTime: '2026-03-06T09:31:00' })
  assignment('9003', 'XSDD0001', '陈总', { FStatus: '1', FResultName: '同意', FCompletedTime: '2026-03-01T10:00:00' })
}
