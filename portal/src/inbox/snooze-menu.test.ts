import { describe, expect, it } from 'vitest'
import { snoozeChoices } from './snooze-menu.tsx'

const at = (day: number, hour: number, minute = 0): number => new Date(2026, 10, day, hour, minute).getTime()

describe('until when a message may wait', () => {
  it('offers a full hour later today, tomorrow, Monday and a week on a Wednesday morning', () => {
    const choices = snoozeChoices(at(25, 9, 12))
    expect(choices.map(choice => choice.id)).toEqual(['today', 'tomorrow', 'monday', 'week'])
    expect(choices.map(choice => choice.at)).toEqual([
      at(25, 12),
      at(26, 9),
      at(30, 9),
      new Date(2026, 11, 2, 9).getTime(),
    ])
  })

  it('offers nothing for today in the evening', () => {
    expect(snoozeChoices(at(25, 18)).map(choice => choice.id)).toEqual(['tomorrow', 'monday', 'week'])
  })

  it('does not offer Monday twice: on a Sunday it is tomorrow, on a Monday a week', () => {
    expect(snoozeChoices(at(22, 9)).map(choice => choice.id)).toEqual(['today', 'tomorrow', 'week'])
    expect(snoozeChoices(at(23, 9)).map(choice => choice.id)).toEqual(['today', 'tomorrow', 'monday'])
  })
})
