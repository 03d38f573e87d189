import { app } from '@azure/functions';
import { onStorageQueue } from '../../shared/messaging/triggers/storage-queue.ts';
import { topology } from '../../shared/topology.ts';
import { services } from '../services.ts';
import { makePhotoThumbnails } from './make-thumbnails.ts';
import { makeThumbnails } from './thumbnails.ts';

app.storageQueue(
  'make-thumbnails',
  onStorageQueue(
    topology.thumbnailJobs,
    (message, log) => {
      const { once, claimChecks, rows, messaging, now } = services();
      const jobs = rows(topology.photoJobs);
      return makePhotoThumbnails(message, { once, claimChecks, make: makeThumbnails, jobs, messaging, now, log });
    },
    (message) => services().messaging.enqueuePoison(topology.thumbnailJobs, message),
  ),
);
