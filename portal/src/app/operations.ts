// Made by test/operations/write.ts from gateway/operations and the schema; a test compares. Do not edit.

export type CountsFields = {
  open: number
  unread: number
  overdue: number
  snoozed: number
  seq: number
  bySystem: {
    key: string
    open: number
    unread: number
  }[]
  byKind: {
    key: string
    open: number
    unread: number
  }[]
}

export type MessageFields = {
  id: string
  seq: number
  system: string
  type: string
  kind: 'APPROVAL' | 'TASK' | 'ALERT' | 'REMINDER' | 'NOTICE'
  priority: 'LOW' | 'NORMAL' | 'HIGH' | 'URGENT'
  title: string
  summary: string | null
  amount: string | null
  currency: string | null
  threadKey: string
  threadTitle: string | null
  createdAt: string
  dueAt: string | null
  overdue: boolean
  read: boolean
  state: 'OPEN' | 'DONE' | 'ARCHIVED' | 'SNOOZED'
  snoozedUntil: string | null
  url: string | null
  subject: {
    system: string
    type: string
    id: string
  } | null
  decisions: {
    id: string
    label: string
    tone: 'MAIN' | 'PLAIN' | 'GRAVE'
    commentRequired: boolean
    inRow: boolean
  }[]
  decision: {
    decision: string
    label: string
    phase: 'PENDING' | 'IN_DOUBT' | 'CONFIRMED' | 'REFUSED'
    comment: string | null
    by: string
    at: string
    reason: string | null
  } | null
}

export type KpiFields = {
  id: string
  name: string
  unit: string
  format: string
  value: string | null
  target: string | null
  limit: boolean
  progress: string | null
  comparison: string | null
  comparisonLabel: string | null
  judgement: 'ON_TARGET' | 'OFF_TARGET' | 'NEUTRAL'
  judgementText: string | null
  at: string | null
  ageSeconds: number | null
  stale: boolean
  system: string
  drillable: boolean
  trend: {
    key: string
    value: string
    previous: string | null
    target: string | null
  }[]
  breakdown: {
    key: string
    label: string
    value: string
    count: number | null
    note: string | null
  }[]
  error: {
    code: string
    system: string
    since: string | null
    message: string
  } | null
}

/** The stored operations the portal may run. */
export interface Operations {
  AcknowledgeSystemDrift: {
    kind: 'mutation'
    variables: { id: string; comment?: string | null }
    data: {
      acknowledgeSystemDrift: {
        id: string
        acknowledgedAt: string | null
        acknowledgedBy: string | null
        comment: string | null
      }
    }
  }
  AdminOperations: {
    kind: 'query'
    variables: { hours: number }
    data: {
      gatewayOperations: {
        id: string
        runs: number
        failed: number
        partial: number
        refused: number
        errorRate: number
        p50Ms: number | null
        p95Ms: number | null
        p99Ms: number | null
        slow: boolean
        hours: {
          hour: string
          runs: number
          p95Ms: number | null
        }[]
        calls: {
          system: string
          calls: number
          perRun: number
        }[]
        repeated: {
          system: string
          type: string
          most: number
        }[]
        worst: {
          ms: number
          at: string
          traceId: string
        }[]
        clients: {
          id: string
          runs: number
        }[]
      }[]
    }
  }
  AdminSystems: {
    kind: 'query'
    variables: Record<string, never>
    data: {
      systems: {
        id: string
        name: string
        protocol: string
        state: 'UP' | 'SLOW' | 'DOWN' | 'PAUSED' | 'UNKNOWN'
        since: string | null
        lastSuccessAt: string | null
        freshAt: string | null
        p95Ms: number | null
        errorRate: string | null
        breaker: 'CLOSED' | 'OPEN' | 'HALF_OPEN'
        nextProbeAt: string | null
        quarantined: number
        explanation: string | null
        latency: {
          key: string
          value: string
        }[]
        events: {
          at: string
          kind: string
          text: string
        }[]
      }[]
    }
  }
  Announcements: {
    kind: 'query'
    variables: Record<string, never>
    data: {
      announcements: {
        totalCount: number | null
        nodes: {
          id: string
          title: string | null
          body: string | null
          department: string | null
          publishedAt: string | null
          mustRead: boolean | null
        }[]
      } | null
    }
  }
  Archive: {
    kind: 'mutation'
    variables: { messages: readonly string[] }
    data: {
      archive: CountsFields
    }
  }
  CheckSystem: {
    kind: 'mutation'
    variables: { id: string; yaml: string; asked?: boolean | null }
    data: {
      checkSystem: {
        publishable: boolean
        faults: {
          level: 'ERROR' | 'WARNING'
          message: string
          path: string | null
          line: number | null
          column: number | null
        }[]
        description: {
          fresh: boolean
          protocolVersion: string | null
          operations: {
            name: string
            safe: boolean
            types: string[]
            unmapped: {
              path: string
              kind: string
              list: boolean
            }[]
          }[]
        } | null
        mapped: {
          type: string
          operation: string
          key: string | null
          filters: string[]
          fields: {
            field: string
            names: {
              zhCN: string
              en: string
            }
            class: string
            path: string | null
            expression: string | null
            overridden: boolean
          }[]
        }[]
        difference: {
          breaking: boolean
          changes: {
            kind: 'ADDED' | 'REMOVED' | 'CHANGED'
            place: string
            breaking: boolean
            before: string | null
            after: string | null
            text: string
          }[]
        }
      }
    }
  }
  ClaimsToCheck: {
    kind: 'query'
    variables: Record<string, never>
    data: {
      claims: {
        totalCount: number | null
        nodes: {
          id: string
          requesterName: string | null
          department: string | null
          amount: string | null
          currency: string | null
          category: string | null
          submittedAt: string | null
        }[]
      } | null
    }
  }
  DataQuality: {
    kind: 'query'
    variables: { system?: string | null; type?: string | null; days?: number | null }
    data: {
      dataQuality: {
        days: string[]
        checked: {
          system: string
          type: string
          records: number
        }[]
        keptRecords: number
        findings: {
          id: string
          system: string
          type: string
          typeName: string
          field: string | null
          fieldName: string | null
          class: string | null
          rule: string
          ruleName: string
          advice: string
          faults: number
          perDay: number[]
          records: number
          firstSeen: string
          lastSeen: string
          faultsPerDay: number
          owner: {
            businessRole: string | null
            person: string | null
            names: string[]
          }
          examples: {
            key: string | null
            value: string | null
            masked: boolean
            seen: number
            lastSeen: string
          }[]
        }[]
      }
      systems: {
        id: string
        name: string
      }[]
      apps: {
        id: string
        url: string
      }[]
    }
  }
  Decide: {
    kind: 'mutation'
    variables: { message: string; decision: string; comment?: string | null; idempotencyKey: string }
    data: {
      decide: {
        message: MessageFields
        decision: {
          decision: string
          label: string
          phase: 'PENDING' | 'IN_DOUBT' | 'CONFIRMED' | 'REFUSED'
          comment: string | null
          by: string
          at: string
          reason: string | null
        }
      }
    }
  }
  Dictionary: {
    kind: 'query'
    variables: { search?: string | null; text: string; system?: string | null }
    data: {
      dictionary: {
        count: number
        types: {
          name: string
          label: {
            zhCN: string
            en: string
          }
          about: {
            zhCN: string
            en: string
          } | null
          system: string | null
          size: number
          readable: number
          matching: {
            name: string
            label: {
              zhCN: string
              en: string
            }
          }[]
        }[]
        figures: {
          id: string
          name: {
            zhCN: string
            en: string
          }
          system: string
          everySeconds: number
          byReport: boolean
          operations: string[]
          fields: {
            type: string
            typeLabel: {
              zhCN: string
              en: string
            }
            field: string
            label: {
              zhCN: string
              en: string
            }
          }[]
        }[]
      }
      systems: {
        id: string
        name: string
      }[]
    }
  }
  DictionaryType: {
    kind: 'query'
    variables: { name: string }
    data: {
      dictionary: {
        type: {
          name: string
          label: {
            zhCN: string
            en: string
          }
          about: {
            zhCN: string
            en: string
          } | null
          key: string | null
          system: string | null
          size: number
          readable: number
          sources: {
            system: string
            name: {
              zhCN: string
              en: string
            }
            record: boolean
            freshness: 'LIVE' | 'CACHED' | 'SYNCHRONISED'
            seconds: number | null
            operation: string | null
            scope: string | null
            owner: {
              businessRole: string | null
              person: string | null
              names: string[]
            }
          }[]
          fields: {
            name: string
            label: {
              zhCN: string
              en: string
            }
            about: {
              zhCN: string
              en: string
            } | null
            type: string
            leadsTo: string | null
            key: boolean
            required: boolean
            class: string
            readers: string[]
            mask: {
              kind: string
              readers: string[]
            } | null
            readable: boolean
            masked: boolean
            system: string | null
            mapping: string | null
            conversion: string | null
            unit: string | null
            codes: {
              value: string
              label: {
                zhCN: string
                en: string
              }
              codes: string[]
            }[]
            rules: {
              id: string
              name: {
                zhCN: string
                en: string
              }
            }[]
            freshness: 'LIVE' | 'CACHED' | 'SYNCHRONISED' | null
            seconds: number | null
          }[]
          figures: {
            id: string
            name: {
              zhCN: string
              en: string
            }
            system: string
            everySeconds: number
            byReport: boolean
          }[]
        } | null
      }
    }
  }
  FollowUpsDue: {
    kind: 'query'
    variables: { dueBefore?: string | null }
    data: {
      followUps: {
        totalCount: number | null
        nodes: {
          id: string
          dueAt: string | null
          content: string | null
          amount: string | null
          customerName: string | null
          customer: {
            code: string
          } | null
        }[]
      } | null
    }
  }
  GatewayAudit: {
    kind: 'query'
    variables: {
      first: number
      before?: string | null
      actor?: string | null
      target?: string | null
      reads?: boolean | null
    }
    data: {
      auditLog: {
        id: string
        at: string
        actor: string
        action: string
        target: string
        outcome: string
        sealed: boolean
        read: {
          client: string | null
          operation: string | null
          fields: string[]
          records: number
        } | null
      }[]
    }
  }
  HomeWidgets: {
    kind: 'query'
    variables: Record<string, never>
    data: {
      widgets: unknown[]
    }
  }
  Inbox: {
    kind: 'query'
    variables: {
      filter?: {
        state?: 'OPEN' | 'DONE' | 'ARCHIVED' | 'SNOOZED' | null
        kinds?: readonly ('APPROVAL' | 'TASK' | 'ALERT' | 'REMINDER' | 'NOTICE')[] | null
        systems?: readonly string[] | null
        unread?: boolean | null
        overdue?: boolean | null
        text?: string | null
      } | null
      first?: number | null
      after?: string | null
    }
    data: {
      inbox: {
        nodes: MessageFields[]
        totalCount: number
        pageInfo: {
          hasNextPage: boolean
          endCursor: string | null
        }
      }
      inboxCounts: CountsFields
    }
  }
  InboxChanges: {
    kind: 'subscription'
    variables: { after?: number | null }
    data: {
      inboxChanges: {
        seq: number
        kind: 'MESSAGE' | 'STATE' | 'RESET'
        message: MessageFields | null
        counts: CountsFields
      }
    }
  }
  InboxCounts: {
    kind: 'query'
    variables: Record<string, never>
    data: {
      inboxCounts: CountsFields
    }
  }
  InboxMessage: {
    kind: 'query'
    variables: { id: string }
    data: {
      message:
        | (MessageFields & {
            facts: {
              label: string
              value: string
              note: string | null
              tone: string | null
            }[]
            detail?: {
              body: string | null
              facts: {
                label: string
                value: string
                note: string | null
                tone: string | null
              }[]
              history: {
                at: string | null
                by: string | null
                action: string | null
                comment: string | null
              }[]
              customer: {
                code: string
                name?: string | null
                level?: string | null
                phone?: string | null
                owner?: {
                  name: string | null
                } | null
              } | null
              contract: {
                number: string
                title?: string | null
                amount?: string | null
                currency?: string | null
                validFrom?: string | null
                validTo?: string | null
                state?: 'DRAFT' | 'IN_APPROVAL' | 'SIGNED' | 'EXPIRED' | null
              } | null
            } | null
          })
        | null
    }
  }
  KpiChanges: {
    kind: 'subscription'
    variables: { board: string }
    data: {
      kpiChanges: KpiFields
    }
  }
  KpiRows: {
    kind: 'query'
    variables: { kpi: string; first?: number | null; after?: string | null }
    data: {
      kpiRows: {
        columns: {
          key: string
          label: string
          align: string
        }[]
        rows: (string | null)[][]
        totalCount: number
        at: string
        system: string
        pageInfo: {
          hasNextPage: boolean
          endCursor: string | null
        }
      }
    }
  }
  Kpis: {
    kind: 'query'
    variables: { board: string }
    data: {
      kpis: KpiFields[]
    }
  }
  LogFollowUp: {
    kind: 'mutation'
    variables: { customer: string; text: string; nextAt?: string | null; nextText?: string | null }
    data: {
      logFollowUp: {
        id: string
        content: string | null
        status: 'PLANNED' | 'DONE' | null
        customerName: string | null
      }
    }
  }
  MarkAllRead: {
    kind: 'mutation'
    variables: {
      filter?: {
        state?: 'OPEN' | 'DONE' | 'ARCHIVED' | 'SNOOZED' | null
        kinds?: readonly ('APPROVAL' | 'TASK' | 'ALERT' | 'REMINDER' | 'NOTICE')[] | null
        systems?: readonly string[] | null
        unread?: boolean | null
        overdue?: boolean | null
        text?: string | null
      } | null
    }
    data: {
      markAllRead: CountsFields
    }
  }
  MarkRead: {
    kind: 'mutation'
    variables: { messages: readonly string[] }
    data: {
      markRead: CountsFields
    }
  }
  MyRequests: {
    kind: 'query'
    variables: Record<string, never>
    data: {
      approvals: {
        totalCount: number | null
        nodes: {
          id: string
          kind: string | null
          title: string | null
          state: 'PENDING' | 'APPROVED' | 'REJECTED' | 'WITHDRAWN' | null
          amount: string | null
          currency: string | null
          submittedAt: string | null
          decidedAt: string | null
          assignee: {
            name: string | null
          } | null
        }[]
      } | null
    }
  }
  OpenOrders: {
    kind: 'query'
    variables: Record<string, never>
    data: {
      orders: {
        totalCount: number | null
        nodes: {
          number: string
          customerName: string | null
          requestedDelivery: string | null
          netAmount: string | null
          currency: string | null
          status: 'OPEN' | 'IN_PRODUCTION' | 'SHIPPED' | 'INVOICED' | 'ON_HOLD' | null
          progressPercent: number | null
          customer?: {
            level: string | null
          } | null
        }[]
      } | null
    }
  }
  Opportunities: {
    kind: 'query'
    variables: Record<string, never>
    data: {
      opportunities: {
        totalCount: number | null
        nodes: {
          id: string
          title: string | null
          stage: 'LEAD' | 'QUALIFIED' | 'QUOTED' | 'NEGOTIATION' | 'WON' | 'LOST' | null
          amount: string | null
          currency: string | null
          expectedClose: string | null
          nextStep: string | null
          probability: number | null
          customer: {
            code: string
            name: string | null
          } | null
        }[]
      } | null
    }
  }
  OverdueInvoices: {
    kind: 'query'
    variables: Record<string, never>
    data: {
      invoices: {
        totalCount: number | null
        nodes: {
          number: string
          customerName: string | null
          dueDate: string | null
          openAmount: string | null
          currency: string | null
          daysOverdue: number | null
        }[]
      } | null
    }
  }
  ProbeSystem: {
    kind: 'mutation'
    variables: { id: string }
    data: {
      probeSystem: {
        id: string
        state: 'UP' | 'SLOW' | 'DOWN' | 'PAUSED' | 'UNKNOWN'
      }
    }
  }
  ProductionOrders: {
    kind: 'query'
    variables: Record<string, never>
    data: {
      productionOrders: {
        totalCount: number | null
        nodes: {
          number: string
          quantity: string | null
          completed: string | null
          status: string | null
          plannedFinish: string | null
          progressPercent: number | null
          product: {
            code: string
            name: string | null
            nameEn: string | null
          } | null
        }[]
      } | null
    }
  }
  PublishSystem: {
    kind: 'mutation'
    variables: { id: string; yaml: string; comment: string; expectedRevision: number }
    data: {
      publishSystem: {
        outcome: 'PUBLISHED' | 'UNCHANGED' | 'REFUSED' | 'CONFLICT'
        revision: number
        faults: {
          level: 'ERROR' | 'WARNING'
          message: string
          path: string | null
          line: number | null
          column: number | null
        }[]
        difference: {
          breaking: boolean
          changes: {
            kind: 'ADDED' | 'REMOVED' | 'CHANGED'
            place: string
            breaking: boolean
            before: string | null
            after: string | null
            text: string
          }[]
        }
      }
    }
  }
  Quarantine: {
    kind: 'query'
    variables: { first: number; after?: string | null }
    data: {
      quarantine: {
        totalCount: number
        pageInfo: {
          hasNextPage: boolean
          endCursor: string | null
        }
        nodes: {
          id: string
          source: string
          type: string | null
          receivedAt: string
          reason: string
          count: number
          body: string
        }[]
      }
    }
  }
  Receivables: {
    kind: 'query'
    variables: Record<string, never>
    data: {
      receivables: {
        asOf: string
        total: string
        currency: string
        customers: number
        buckets: {
          key: string
          amount: string
          invoices: number
        }[]
      } | null
    }
  }
  RemoveSystem: {
    kind: 'mutation'
    variables: { id: string; comment: string; expectedRevision: number }
    data: {
      removeSystem: {
        outcome: 'PUBLISHED' | 'UNCHANGED' | 'REFUSED' | 'CONFLICT'
        revision: number
        faults: {
          level: 'ERROR' | 'WARNING'
          message: string
          path: string | null
          line: number | null
          column: number | null
        }[]
        difference: {
          breaking: boolean
          changes: {
            kind: 'ADDED' | 'REMOVED' | 'CHANGED'
            place: string
            breaking: boolean
            before: string | null
            after: string | null
            text: string
          }[]
        }
      }
    }
  }
  RemoveSystemSecret: {
    kind: 'mutation'
    variables: { system: string; name: string }
    data: {
      removeSystemSecret: boolean
    }
  }
  ReplayQuarantine: {
    kind: 'mutation'
    variables: { ids: readonly string[] }
    data: {
      replayQuarantine: number
    }
  }
  RollBackSystems: {
    kind: 'mutation'
    variables: { revision: number; comment: string; expectedRevision: number }
    data: {
      rollBackSystems: {
        outcome: 'PUBLISHED' | 'UNCHANGED' | 'REFUSED' | 'CONFLICT'
        revision: number
        faults: {
          level: 'ERROR' | 'WARNING'
          message: string
          path: string | null
          line: number | null
          column: number | null
        }[]
        difference: {
          breaking: boolean
          changes: {
            kind: 'ADDED' | 'REMOVED' | 'CHANGED'
            place: string
            breaking: boolean
            before: string | null
            after: string | null
            text: string
          }[]
        }
      }
    }
  }
  Search: {
    kind: 'query'
    variables: { text: string; first?: number | null }
    data: {
      search: {
        missing: string[]
        hits: {
          title: string
          subtitle: string | null
          url: string | null
          system: string
          subject:
            | (
                | ({ __typename: 'Customer' } & {
                    code: string
                  })
                | ({ __typename: 'Order' } & {
                    number: string
                  })
                | ({ __typename: 'Employee' } & {
                    id: string
                  })
                | ({ __typename: 'Product' } & {
                    code: string
                  })
                | ({ __typename: 'Message' } & {
                    id: string
                  })
              )
            | null
        }[]
      }
    }
  }
  SetSystemSecret: {
    kind: 'mutation'
    variables: { system: string; name: string; value: string }
    data: {
      setSystemSecret: {
        name: string
        setAt: string
        setBy: string
        named: boolean
      }
    }
  }
  Shell: {
    kind: 'query'
    variables: Record<string, never>
    data: {
      me: {
        id: string
        username: string
        names: {
          zhCN: string
          en: string
        }
        position: string | null
        department: string | null
        administrator: boolean
        businessRoles: {
          id: string
        }[]
        rights: {
          system: string
          nativeId: string | null
          roles: string[]
          scope: string
        }[]
        boards: {
          id: string
          name: string
        }[]
      }
      apps: {
        id: string
        name: string
        url: string
        description: string | null
        state: 'UP' | 'SLOW' | 'DOWN' | 'PAUSED' | 'UNKNOWN'
        roles: string[]
      }[]
    }
  }
  Shipments: {
    kind: 'query'
    variables: Record<string, never>
    data: {
      shipments: {
        totalCount: number | null
        nodes: {
          number: string
          orderNumber: string | null
          shippedOn: string | null
          carrier: string | null
          status: string | null
        }[]
      } | null
    }
  }
  Snooze: {
    kind: 'mutation'
    variables: { messages: readonly string[]; until: string }
    data: {
      snooze: CountsFields
    }
  }
  StockBelowMinimum: {
    kind: 'query'
    variables: Record<string, never>
    data: {
      stock: {
        totalCount: number | null
        nodes: {
          id: string
          description: string | null
          warehouse: string | null
          quantity: string | null
          minimum: string | null
          updatedAt: string | null
          product: {
            code: string
            name: string | null
            nameEn: string | null
            unit: string | null
          } | null
        }[]
      } | null
    }
  }
  SystemChanges: {
    kind: 'subscription'
    variables: Record<string, never>
    data: {
      systemChanges: {
        id: string
        name: string
        state: 'UP' | 'SLOW' | 'DOWN' | 'PAUSED' | 'UNKNOWN'
        since: string | null
        freshAt: string | null
      }
    }
  }
  SystemDrift: {
    kind: 'query'
    variables: { system?: string | null; open: boolean; first: number }
    data: {
      systemDrift: {
        id: string
        system: string
        foundAt: string
        source: 'DESCRIPTION' | 'ANSWERS'
        level: 'BREAKING' | 'RISK' | 'HARMLESS'
        fits: boolean
        changes: {
          level: 'BREAKING' | 'RISK' | 'HARMLESS'
          text: string
        }[]
        atRisk: {
          type: string
          field: string | null
          level: 'BREAKING' | 'RISK' | 'HARMLESS'
          place: string
        }[]
        operations: string[]
        acknowledgedAt: string | null
        acknowledgedBy: string | null
        comment: string | null
        endedAt: string | null
      }[]
    }
  }
  SystemRevisions: {
    kind: 'query'
    variables: { system?: string | null; first: number; before?: number | null }
    data: {
      systemRevisions: {
        revision: number
        at: string
        authorNames: {
          zhCN: string
          en: string
        }
        comment: string
        rolledBackTo: number | null
        running: boolean
        changes: {
          system: string
          kind: 'ADDED' | 'CHANGED' | 'REMOVED'
          before: string | null
          after: string | null
        }[]
      }[]
      publishing: {
        revision: number
        latest: number
        since: string
        fault: string | null
        systems: number
      }
    }
  }
  SystemSecrets: {
    kind: 'query'
    variables: { system: string }
    data: {
      systemSecrets: {
        name: string
        setAt: string
        setBy: string
        named: boolean
      }[]
    }
  }
  SystemSource: {
    kind: 'query'
    variables: { id: string; revision?: number | null }
    data: {
      systemSource: {
        id: string
        yaml: string
        origin: 'FILE' | 'REVISION'
        revision: number
        latestRevision: number
        variables: string[]
      } | null
      publishing: {
        latest: number
        fault: string | null
      }
      systems: {
        id: string
        name: string
        protocol: string
        state: 'UP' | 'SLOW' | 'DOWN' | 'PAUSED' | 'UNKNOWN'
      }[]
    }
  }
  SystemStates: {
    kind: 'query'
    variables: Record<string, never>
    data: {
      systems: {
        id: string
        name: string
        state: 'UP' | 'SLOW' | 'DOWN' | 'PAUSED' | 'UNKNOWN'
        since: string | null
        freshAt: string | null
      }[]
    }
  }
  TeamFollowUps: {
    kind: 'query'
    variables: { dueBefore?: string | null }
    data: {
      followUps: {
        totalCount: number | null
        nodes: {
          id: string
          dueAt: string | null
          content: string | null
          amount: string | null
          customerName: string | null
          customer: {
            code: string
          } | null
          owner: {
            name: string | null
          } | null
        }[]
      } | null
    }
  }
  TrySystem: {
    kind: 'mutation'
    variables: { id: string; yaml: string; type: string; first: number }
    data: {
      trySystem: {
        rows:
          | {
              key: string | null
              cells: (string | null)[]
            }[]
          | null
        columns: {
          field: string
          names: {
            zhCN: string
            en: string
          }
          class: string
          decision: 'READABLE' | 'MASKED' | 'DENIED'
        }[]
        total: number | null
        ms: number
        faults: {
          key: string | null
          field: string
          reason: string
        }[]
        error: string | null
      }
    }
  }
  Unarchive: {
    kind: 'mutation'
    variables: { messages: readonly string[] }
    data: {
      unarchive: CountsFields
    }
  }
}
