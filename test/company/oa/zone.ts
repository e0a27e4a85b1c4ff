/** Asia/Shanghai has known no summer time since 1991. */
export const COMPANY_ZONE_OFFSET = '+08:00'
