namespace Switchyard.Core.Tests;

public class Smoke
{
    [Xunit.Fact]
    public void X() => Xunit.Assert.True(true);
}
