"""Which task a wish is about: learned once from wishes.yaml, shipped as task_head.npz."""
