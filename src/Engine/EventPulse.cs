namespace Switchyard.Engine;

/// <summary>Tells whoever watches that new events were committed; they read them from the store.</summary>
public sealed class EventPulse
{
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes at the next commit. Take it before reading, so that nothing falls between.</summary>
    public Task Next => Volatile.Read(ref _next).Task;

    internal void Beat() =>
        Interlocked.Exchange(ref _next, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
}
