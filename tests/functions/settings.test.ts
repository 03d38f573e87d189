import { describe, expect, it } from 'vitest';
import { readSettings, SettingsError } from '../../shared/settings.ts';

const local = {
  AzureWebJobsStorage: 'UseDevelopmentStorage=true',
  ServiceBusConnection: 'Endpoint=sb://localhost;',
  EventHubsConnection: 'Endpoint=sb://localhost:5673;',
  OperationsTopic__topicEndpointUri: 'http://127.0.0.1:6001/operations/api/events',
  OperationsTopic__topicKey: 'key',
  SMTP_HOST: '127.0.0.1',
  SMTP_PORT: '2525',
  MAIL_FROM: 'print-shop@example.com',
  MAIL_TO: 'operations@example.com',
};

const azure = {
  AzureWebJobsStorage__blobServiceUri: 'https://printshop.blob.core.windows.net',
  AzureWebJobsStorage__queueServiceUri: 'https://printshop.queue.core.windows.net',
  AzureWebJobsStorage__tableServiceUri: 'https://printshop.table.core.windows.net',
  AzureWebJobsStorage__clientId: 'client',
  ServiceBusConnection__fullyQualifiedNamespace: 'printshop.servicebus.windows.net',
  ServiceBusConnection__clientId: 'client',
  EventHubsConnection__fullyQualifiedNamespace: 'printshop-hubs.servicebus.windows.net',
  OperationsTopic__topicEndpointUri: 'https://operations.westeurope-1.eventgrid.azure.net/api/events',
  SMTP_HOST: 'smtp.example.com',
  SMTP_PORT: '587',
  MAIL_FROM: 'print-shop@example.com',
  MAIL_TO: 'operations@example.com',
};

describe('settings', () => {
  it('given the settings of a developer, then connections are connection strings and numbers are numbers', () => {
    expect(readSettings(local)).toMatchObject({
      storage: { connectionString: 'UseDevelopmentStorage=true' },
      serviceBus: { connectionString: 'Endpoint=sb://localhost;' },
      operationsTopic: { key: 'key' },
      mail: { port: 2525 },
    });
  });

  it('given the settings of an app in Azure, then connections are identities and there is no key', () => {
    expect(readSettings(azure)).toMatchObject({
      storage: { blobServiceUri: 'https://printshop.blob.core.windows.net', clientId: 'client' },
      serviceBus: { fullyQualifiedNamespace: 'printshop.servicebus.windows.net', clientId: 'client' },
      eventHubs: { clientId: undefined },
      operationsTopic: { key: undefined },
    });
  });

  it('given an app in Azure with telemetry, then it is sent by identity, and the idle queue is woken as the tier allows', () => {
    const settings = readSettings({
      ...azure,
      IDLE_QUEUE_WAKE_UP: 'timer',
      APPLICATIONINSIGHTS_CONNECTION_STRING: 'InstrumentationKey=00000000-0000-0000-0000-000000000000',
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'Authorization=AAD;ClientId=client',
    });
    expect(settings).toMatchObject({ idleQueueWakeUp: 'timer', telemetry: { clientId: 'client' } });
    expect(readSettings(azure)).toMatchObject({ idleQueueWakeUp: 'events', telemetry: undefined });
  });

  it('given several mistakes, then all are named at once, with what each setting is for', () => {
    const { SMTP_HOST: _, ServiceBusConnection: __, ...rest } = local;
    const read = () =>
      readSettings({ ...rest, SMTP_PORT: 'twenty-five', OperationsTopic__topicEndpointUri: 'operations' });
    expect(read).toThrow(SettingsError);
    expect(read).toThrow(/SMTP_HOST \(where mail is handed over\): is missing/);
    expect(read).toThrow(/SMTP_PORT.*must be a port number/);
    expect(read).toThrow(/OperationsTopic__topicEndpointUri.*must be a URL/);
    expect(read).toThrow(/ServiceBusConnection or ServiceBusConnection__fullyQualifiedNamespace: is missing/);
  });
});
