/** The scheduler's rows, in the catalogue's order. */
export const schedulerContents: readonly string[] = [
  'S-01',
  'S-02',
  'S-03',
  'S-04',
  'S-05',
  'S-06',
  'S-07',
  'S-08',
  'S-09',
  'S-10',
  'S-11',
  'S-12',
  'S-13',
  'S-14',
  'S-15',
  'S-17',
  'S-18',
  'S-19',
  'S-20',
  // Model
  'S-16',
];
