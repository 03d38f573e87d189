import { app } from '@azure/functions';
import { onPoisonQueue } from '../../shared/messaging/triggers/storage-queue.ts';
import { topology } from '../../shared/topology.ts';
import { services } from '../services.ts';
import { rejectPhoto } from './reject-photo.ts';

app.storageQueue(
  'reject-photo',
  onPoisonQueue(topology.thumbnailJobs, (message, log) => {
    const { rows, messaging, now } = services();
    return rejectPhoto(message, { jobs: rows(topology.photoJobs), messaging, now, log });
  }),
);
