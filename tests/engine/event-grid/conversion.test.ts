import { describe, expect, it } from 'vitest';
import { toDeliverySchema } from '../../../local/event-grid/engine/convert.ts';
import { deadLetterBlobName, deadLetterJson } from '../../../local/event-grid/engine/dead-letter.ts';
import { attributesOf } from '../../../local/event-grid/engine/delivery-attributes.ts';
import { cloudEvent, event } from './routed.ts';

describe('the delivery schema', () => {
  it('leaves an event as it came where the schemas are one', () => {
    const plain = event('1');
    const cloud = cloudEvent({ press: 'a', data: { deep: [1] } });

    expect(toDeliverySchema(plain, 'EventGridSchema')).toBe(plain.body);
    expect(toDeliverySchema(cloud, 'CloudEventSchemaV1_0')).toBe(cloud.body);
  });

  it('makes a CloudEvent of an event of the Event Grid schema', () => {
    expect(toDeliverySchema(event('1', { a: 1 }), 'CloudEventSchemaV1_0')).toEqual({
      specversion: '1.0',
      id: '1',
      source: '/t',
      subject: 's',
      type: 'T',
      time: '2026-01-31T07:00:00Z',
      dataschema: '#1',
      data: { a: 1 },
    });
  });

  it('has no way back', () => {
    expect(() => toDeliverySchema(cloudEvent(), 'EventGridSchema')).toThrow('never delivered');
  });
});

describe('custom delivery properties', () => {
  it('are static or read from the event; what is not there or not simple or too long is left out', () => {
    const mappings = [
      { name: 'static', type: 'Static', value: 'x' },
      { name: 'text', type: 'Dynamic', sourceField: 'data.text' },
      { name: 'number', type: 'Dynamic', sourceField: 'data.number' },
      { name: 'flag', type: 'Dynamic', sourceField: 'data.flag' },
      { name: 'object', type: 'Dynamic', sourceField: 'data.object' },
      { name: 'none', type: 'Dynamic', sourceField: 'data.none' },
      { name: 'long', type: 'Dynamic', sourceField: 'data.long' },
    ] as const;
    const data = { text: 't', number: 1, flag: false, object: {}, long: 'ü'.repeat(2049) };

    expect(attributesOf(event('1', data), mappings)).toEqual({ static: 'x', text: 't', number: '1', flag: 'false' });
    expect(attributesOf(event('1'), undefined)).toEqual({});
  });
});

describe('a dead letter', () => {
  it('lies under the subscription in capitals and the hour without leading zeros', () => {
    expect(deadLetterBlobName('my-sub', Date.UTC(2026, 1, 3, 4), 'guid')).toBe('MY-SUB/2026/2/3/4/guid.json');
  });

  it('says why, in lower case where it is a CloudEvent', () => {
    const json = deadLetterJson(
      [
        {
          body: cloudEvent().body,
          reason: 'MaxDeliveryAttemptsExceeded',
          attempts: 3,
          lastOutcome: 'NotFound',
          publishedAt: 0,
          lastAttemptAt: 1000,
        },
      ],
      'CloudEventSchemaV1_0',
    );

    expect(JSON.parse(json)).toEqual([
      {
        ...cloudEvent().body,
        deadletterreason: 'MaxDeliveryAttemptsExceeded',
        deliveryattempts: 3,
        lastdeliveryoutcome: 'NotFound',
        publishtime: '1970-01-01T00:00:00.000Z',
        lastdeliveryattempttime: '1970-01-01T00:00:01.000Z',
      },
    ]);
  });
});
