/** The manager's rows, in the catalogue's order. */
export const managerContents: readonly string[] = ['M-01', 'M-02', 'M-03', 'M-04', 'M-05', 'M-06', 'M-07', 'M-08', 'M-09', 'M-11', 'M-10'];
