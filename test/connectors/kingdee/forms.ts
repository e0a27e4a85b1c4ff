/** text, whole number, decimal as digits, or a time without zone */
export type Kind = 'text' | 'number' | 'decimal' | 'time'

export interface Form {
  head: Record<string, Kind>
  /** fields of the entry: asking for one gives a row a line */
  lines?: Record<string, Kind>
  /** field by which a bill is told in operations */
  number: string
}

const text = 'text' as const
const time = 'time' as const
const decimal = 'decimal' as const

/**
 * The part of Kingdee's forms that the simulator keeps. Marked `unverified` is what was seen in no source that had tried it on
 * a tenant: a test of it only proves that connector and simulator share the same guess.
 */
export const forms: Record<string, Form> = {
  BD_Currency: { number: 'FNUMBER', head: { FNUMBER: text, FCODE: text } },
  BD_Customer: {
    number: 'FNumber',
    head: {
      FCUSTID: 'number',
      FNumber: text,
      FName: text,
      FShortName: text,
      FAddress: text,
      FSOCIALCRECODE: text,
      FForbidStatus: text,
      FDocumentStatus: text,
      FCreateDate: time,
      FModifyDate: time,
      'FUseOrgId.FNumber': text,
      'FSELLER.FName': text, // unverified
    },
  },
  BD_MATERIAL: {
    number: 'FNumber',
    head: {
      FMATERIALID: 'number',
      FNumber: text,
      FName: text,
      FSpecification: text,
      FForbidStatus: text,
      'FMaterialGroup.FName': text,
      'FBaseUnitId.FName': text,
      'FUseOrgId.FNumber': text,
    },
  },
  SAL_SaleOrder: {
    number: 'FBillNo',
    head: {
      FBillNo: text,
      FDate: time,
      FCreateDate: time,
      FDocumentStatus: text,
      FCloseStatus: text, // unverified
      'FCustId.FNumber': text,
      'FCustId.FName': text,
      'FSalerId.FName': text,
      'FSaleOrgId.FNumber': text,
      FBillAmount: decimal, // unverified
      'FSettleCurrId.FCODE': text, // unverified
    },
    lines: {
      FSeq: 'number',
      'FMaterialId.FNumber': text,
      FQty: decimal,
      FPrice: decimal,
      FAmount: decimal,
      FAllAmount: decimal,
    },
  },
  AR_receivable: {
    number: 'FBillNo',
    head: {
      FBillNo: text,
      FDATE: time,
      FENDDATE_H: time,
      FDocumentStatus: text,
      FCancelStatus: text,
      'FCUSTOMERID.FNumber': text,
      'FCUSTOMERID.FName': text,
      'FSETTLEORGID.FNumber': text,
      'FSALEERID.FName': text, // unverified
      'FCURRENCYID.FCODE': text, // unverified
      FALLAMOUNTFOR: decimal, // unverified
    },
  },
  STK_Inventory: {
    number: 'FID',
    head: {
      FID: text, // unverified
      'FMaterialId.FNumber': text,
      'FMaterialId.FName': text,
      'FStockId.FName': text,
      'FStockOrgId.FNumber': text,
      'FLot.FNumber': text,
      'FStockStatusId.FName': text,
      FQty: decimal,
      FBaseQty: decimal,
    },
  },
  PUR_PurchaseOrder: {
    number: 'FBillNo',
    head: {
      FBillNo: text,
      FDate: time,
      FDocumentStatus: text,
      'FSupplierId.FNumber': text,
      'FSupplierId.FName': text,
      'FPurchaseOrgId.FNumber': text, // unverified
      'FPurchaserId.FName': text, // unverified
      FBillAllAmount: decimal, // unverified
      'FSettleCurrId.FCODE': text, // unverified
    },
    lines: {
      FPOOrderEntry_FEntryID: 'number', // unverified
      'FMaterialId.FNumber': text,
      FQty: decimal,
      FReceiveQty: decimal,
      FStockInQty: decimal,
      FAllAmount: decimal,
    },
  },
  WF_AssignmentBill: {
    number: 'FAssignId',
    head: {
      FAssignId: text,
      FReceiverItem_FRECEIVERITEMID: text,
      FObjectTypeId: text,
      FBILLNUMBER: text,
      FTitle: text,
      FASSIGNNAME: text,
      FStatus: text,
      FActivityStatus: text,
      FInstStatus: text,
      FReceiverId: 'number',
      'FReceiverId.FName': text,
      FDisposition: text,
      FResultName: text,
      FCreateTime: time,
      FCompletedTime: time,
    },
  },
}
