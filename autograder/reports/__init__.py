"""Pages to read: a student's feedback, the class report, and submissions that are alike."""
