import { isoOf } from './php.ts';
import type { Segment } from './records.ts';

export const segmentShape = ({ id, name, alias, description, isPublished, dateAdded }: Segment) => ({
  isPublished,
  dateAdded: isoOf(dateAdded),
  createdBy: 1,
  createdByUser: 'EMS Sync',
  dateModified: null,
  modifiedBy: null,
  modifiedByUser: null,
  id,
  name,
  publicName: name,
  alias,
  description,
  filters: [],
  isGlobal: true,
  isPreferenceCenter: false,
});
