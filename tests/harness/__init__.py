"""What every outside test stands on: a cinema to talk to, clients that check each answer, things to sell."""
