import { app } from '@azure/functions';
import { BlobCreated } from '../../shared/messages/blob-created.ts';
import { onSystemTopic } from '../../shared/messaging/triggers/event-grid.ts';
import { topology } from '../../shared/topology.ts';
import { services } from '../services.ts';
import { receivePhoto } from './receive-photo.ts';

app.eventGrid(
  'receive-photo',
  onSystemTopic(topology.photosCreated, 'to-receive-photo', BlobCreated, (event, log) => {
    const { rows, messaging, now } = services();
    return receivePhoto(event, { jobs: rows(topology.photoJobs), messaging, now, log });
  }),
);
