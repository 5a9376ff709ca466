"""What is in the demo's server before anybody comes: rooms, people with faces, and a week in which they have worked."""
