"""h_t = λ h_{t−1} + u_t for all tokens or for the last one, in the forms that people write it down in."""

import torch


def loop_over_time(u, decay, all_tokens):
    """Token by token."""
    inputs = u.unbind(1)
    hidden = [inputs[0]]
    for value in inputs[1:]:
        hidden.append(decay * hidden[-1] + value)
    return torch.stack(hidden, 1) if all_tokens else hidden[-1]


def powers_of_decay(u, decay, all_tokens):
    """A weighted sum for the last token, a cumulative sum for all of them."""
    tokens = u.shape[1]
    exponents = torch.arange(tokens, dtype=torch.float32, device=u.device)
    if all_tokens:
        powers = decay[None] ** exponents[:, None]
        return torch.cumsum(u / powers, 1) * powers
    return (u * decay[None] ** (tokens - 1 - exponents)[:, None]).sum(1)


def matrix_over_time(u, decay, all_tokens):
    """A lower triangular matrix of powers for each neuron."""
    index = torch.arange(u.shape[1], device=u.device)
    distance = index[:, None] - index[None, :]
    powers = decay[:, None, None] ** distance.clamp(min=0)[None].float()
    matrix = torch.where(distance[None] >= 0, powers, torch.zeros((), device=u.device))
    if all_tokens:
        return torch.einsum("nts,bsn->btn", matrix, u)
    return torch.einsum("ns,bsn->bn", matrix[:, -1], u)


recurrences = {
    "loop over time": loop_over_time,
    "powers of the decay": powers_of_decay,
    "matrix over time": matrix_over_time,
}
