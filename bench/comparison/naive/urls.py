"""The one address of the naive endpoint."""

from django.urls import path

from bench.comparison.naive.views import ReceiveCall

urlpatterns = [path("webhooks/calls", ReceiveCall.as_view())]
