import { app } from '@azure/functions';

app.get('from-mjs', { handler: () => ({ body: 'mjs' }) });
