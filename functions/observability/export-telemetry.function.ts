import { app } from '@azure/functions';
import { startTelemetry } from '../services.ts';

// Not awaited: loading the exporter takes longer than the first functions should wait, and the host is not ready yet anyway.
app.hook.appStart(() => void startTelemetry());
