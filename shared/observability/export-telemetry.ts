import type { TelemetrySettings } from '../settings.ts';

/**
 * Sends spans to Application Insights by the app's identity. The exporter is large, so it is loaded here and nowhere else:
 * without the app setting (on every developer's machine) it costs nothing.
 */
export async function exportTelemetry({ connectionString, clientId }: TelemetrySettings): Promise<void> {
  const [{ useAzureMonitor }, { DefaultAzureCredential, ManagedIdentityCredential }] = await Promise.all([
    import('@azure/monitor-opentelemetry'),
    import('@azure/identity'),
  ]);
  const credential =
    clientId === undefined ? new DefaultAzureCredential() : new ManagedIdentityCredential({ clientId });
  useAzureMonitor({
    azureMonitorExporterOptions: { connectionString, credential },
    // All of an order or nothing of it: the ratio is decided by the trace id, at the first span.
    samplingRatio: 1,
    tracesPerSecond: 0,
    // Spans are made where messages are sent and handled (tracing.ts). Instrumentation by patching modules finds none to
    // patch in a bundled app; the host reports requests and logs by itself.
    instrumentationOptions: { http: { enabled: false }, azureSdk: { enabled: false } },
    enableStandardMetrics: false,
    enablePerformanceCounters: false,
    enableLiveMetrics: false,
  });
}
