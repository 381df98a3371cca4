/** The rows of the fault plan, in the catalogue's order. A row: a file in `rows/`, its cases in `rows.ts`, its id here. */
export const faultContents: readonly string[] = [
  'F-01',
  'F-02',
  'F-03',
  'F-04',
  'F-05',
  'F-06',
  'F-07',
  'F-08',
  'F-09',
  'F-10',
  'F-11',
  'F-12',
  'F-13',
  'F-14',
  'F-15',
  'F-16',
];
