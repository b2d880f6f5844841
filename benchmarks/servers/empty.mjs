// The least that Node does: what starting anything costs.
