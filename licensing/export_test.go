package licensing

// Standing is the question of the gate, for a test of how it is answered.
const Standing = standing
